// SPDX-License-Identifier: Apache-2.0
// Which tap and channel of a layer each lane of an output's reduction stands for (docs/architecture.md, Weights and
// Kernel-tap packing).
#pragma once

#include <cstdint>
#include <vector>

#include "model/isa/command.h"
#include "tb/explain/output_place.h"

namespace systoliq::tb {

struct LaneMeaning {
  std::int64_t kernel_row = 0, kernel_column = 0, channel = 0;
  bool exists = true;  ///< false: a tap beyond the kernel, or a channel that this output does not use
};

/// Of every lane of the reduction, in the order in which the EXECUTEs of the place take them.
std::vector<LaneMeaning> lane_meanings(const QuantizedNetwork& network, const CompiledNetwork& compiled,
                                       const OutputPlace& place);

/// Of a concatenation: the input that the place's channel comes from, and the first channel of that input in the
/// output; of other layers 0 and 0.
struct SourceInput {
  int input = 0;
  std::int64_t first_channel = 0;
};
SourceInput source_input(const QuantizedNetwork& network, const OutputPlace& place);

}  // namespace systoliq::tb
