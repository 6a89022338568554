// SPDX-License-Identifier: Apache-2.0
// ADD, SUB and MUL of a tensor and one constant number, which is a function of one element with the kernel's integers.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Entry i is the stored output for stored input lowest + i, by the sum or product of two tensors of the preset
/// (docs/numerics.md). Throws InputError for scales that it refuses.
std::vector<std::int32_t> number_table(const TfliteOperator& from, const QuantizedTensor& in,
                                       const QuantizedTensor& out, Preset preset);

}  // namespace systoliq::sw_ref
