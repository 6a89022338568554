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

/// Table of a kLookup layer: entry i is the stored output for stored input lowest + i. kIdentity divides in float as
/// DequantizeLinear and QuantizeLinear would; the others take the double-precision function of the real input and round
/// half to even.
std::vector<std::int32_t> lookup_table(Function function, const QuantizedTensor& in, const QuantizedTensor& out);

/// Clamp bounds of a real-valued clamp in a tensor's stored domain: to_stored() of both, since rounding is monotone.
void set_clamp(const FusedLayer& fused, const QuantizedTensor& out, QuantizedLayer* layer);

/// Stored integers of a float tensor, round half even (ONNX QuantizeLinear), and back.
IntTensor quantize_tensor(const FloatTensor& values, const QuantizedTensor& as);
FloatTensor dequantize_tensor(const IntTensor& stored, const QuantizedTensor& as);

}  // namespace systoliq::sw_ref
