// SPDX-License-Identifier: Apache-2.0
// What stored integers a tensor can have, by the layers in front of it.
#pragma once

#include <cstdint>
#include <vector>

#include "types/quantized_network.h"

namespace systoliq::model {

struct StoredRange {
  std::int64_t low = 0, high = 0;
};

/// By tensor; never narrower than what can occur. A layer's clamp, a table's entries, and what only moves, pools or
/// averages its input narrow the range of the output's bits.
std::vector<StoredRange> stored_ranges(const QuantizedNetwork& network);

}  // namespace systoliq::model
