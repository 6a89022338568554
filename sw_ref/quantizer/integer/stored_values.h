// SPDX-License-Identifier: Apache-2.0
// Single numbers between the real line and a tensor's stored integers, and tables of elementwise functions.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

inline std::int32_t lowest_stored(int bits) { return -(1 << (bits - 1)); }
inline std::int32_t highest_stored(int bits) { return (1 << (bits - 1)) - 1; }

/// rint(value / scale) + zero point, division in float, saturated to `lowest`..`highest` (ONNX QuantizeLinear).
std::int32_t to_stored(float value, float scale, std::int32_t zero_point, std::int32_t lowest, std::int32_t highest);
/// The same for a tensor's parameters, width and host rounding; infinities give the ends of its range.
std::int32_t to_stored(float value, const QuantizedTensor& as);
/// (stored - zero_point) * scale in float (ONNX DequantizeLinear).
float to_real(std::int32_t stored, const QuantizedTensor& as);

/// Table of a kLookup layer: entry i is the stored output for stored input lowest + i, computed in float32 as
/// DequantizeLinear, the function's operators and QuantizeLinear do. Infinities give the ends of the output's range,
/// and so does what is not a number: the lower one, as ONNX Runtime's QuantizeLinear has it on x86 and Arm.
std::vector<std::int32_t> lookup_table(const ElementFunction& function, const QuantizedTensor& in,
                                       const QuantizedTensor& out);

/// Gives tensors with `scale_of` the scale, zero point and width of that tensor.
void share_scales(const FusedNetwork& fused, std::vector<QuantizedTensor>* tensors);

/// Clamp bounds of a real-valued clamp in a tensor's stored domain: to_stored() of both, since rounding is monotone.
void set_clamp(const FusedLayer& fused, const QuantizedTensor& out, QuantizedLayer* layer);

/// Stored integers of a float tensor, round half even (ONNX QuantizeLinear), and back. Reals lie as the graph's tensor,
/// integers as the machine's (Layout).
IntTensor quantize_tensor(const FloatTensor& values, const QuantizedTensor& as);
FloatTensor dequantize_tensor(const IntTensor& stored, const QuantizedTensor& as);

}  // namespace systoliq::sw_ref
