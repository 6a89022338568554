// SPDX-License-Identifier: Apache-2.0
// What TensorFlow Lite's kernels compute of single integers, as tables, ranges and factors.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Entry i is the stored output for stored input lowest + i, by the runtime of the preset. Throws InputError where that
/// runtime refuses the scales.
std::vector<std::int32_t> tflite_table(const TfliteOperator& from, const QuantizedTensor& in,
                                       const QuantizedTensor& out, Preset preset);

/// Ends of the output's range behind a fused activation: those of its bits, narrowed to the integers of the
/// activation's ends. TensorFlow Lite rounds end / S half away from 0 and adds Z, XNNPACK rounds end / S + Z half to
/// even.
void set_activation_range(TfliteActivation activation, const QuantizedTensor& out, Preset preset,
                          std::int32_t* clamp_min, std::int32_t* clamp_max);

/// The factor of a mean: y = Zy + factor * (sum - count * Zx).
ExactFactor tflite_mean_factor(float scale_x, float scale_y, std::int64_t count);

}  // namespace systoliq::sw_ref
