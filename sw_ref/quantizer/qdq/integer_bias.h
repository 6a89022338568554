// SPDX-License-Identifier: Apache-2.0
// A layer's bias as integers at scale Sx * Sw, whatever form the graph has it in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// One integer per output channel. An INT32 constant with zero point 0 at scale Sx * Sw (one float step apart at most)
/// is taken as it is. A float bias, or integers of another width or scale, become round(real / (Sx * Sw)), ties away
/// from zero, which a line of `notes` tells with the largest change. Throws InputError where a channel changes by more
/// than half a step of the output, unless `any_change`, and where an integer exceeds 47 bits.
std::vector<std::int64_t> integer_bias(const FusedLayer& fused, const QuantizedLayer& layer, const QuantizedTensor& in,
                                       const QuantizedTensor& out, bool any_change, std::vector<std::string>* notes);

}  // namespace systoliq::sw_ref
