// SPDX-License-Identifier: Apache-2.0
// Activation ranges that training learned and that travel with a float network in its metadata (docs/quantizer.md).
#pragma once

#include <string>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// "low high", each with the fewest digits that read back as the same number.
std::string range_text(const Range& range);

/// The range that the metadata of `graph` gives for `tensor`. Throws InputError naming tensor and key where there is
/// none, and for anything but two finite numbers with low <= 0 <= high.
Range given_range(const Graph& graph, const std::string& tensor);

}  // namespace systoliq::sw_ref
