// SPDX-License-Identifier: Apache-2.0
// Keys of ONNX metadata_props that say what plain QDQ cannot.
#pragma once

namespace systoliq::sw_ref {

/// Requantization preset, a name of types/preset.h.
inline constexpr const char* kPresetKey = "systoliq.preset";
/// Followed by a tensor's name: its width in bits where it is not 8; the graph clips it to that width.
inline constexpr const char* kTensorBitsKey = "systoliq.tensor_bits.";
/// Followed by a layer's name: the width of its weights where it is not 8.
inline constexpr const char* kWeightBitsKey = "systoliq.weight_bits.";
/// Followed by a layer's name: its codebook, one table or one per output channel (docs/quantizer.md).
inline constexpr const char* kCodebookKey = "systoliq.codebook.";
/// Followed by a tensor's name, in a float network: the activation range that training learned, "low high".
inline constexpr const char* kActivationRangeKey = "systoliq.activation_range.";
/// Followed by a layer's name: the integers D, one or one per output channel, whose reciprocals requantize it.
inline constexpr const char* kDivisorKey = "systoliq.divisor.";
/// "own-scale 8": biases were rounded to as many bits at a scale of their own.
inline constexpr const char* kBiasFormKey = "systoliq.bias_form";
/// "cross-layer": the float network was equalized before; its tensors differ by channel from the original's.
inline constexpr const char* kEqualizationKey = "systoliq.equalization";
/// "mean NUMBERS std NUMBERS": a pixel p, 0 to 255, enters the network as (p / 255 - mean) / std; one number for all
/// channels or one a channel. Without it as (p - 128) / 128.
inline constexpr const char* kNormalizationKey = "systoliq.normalization";

/// File name and content hash (FNV-1a, 64 bits, hexadecimal) of the float network that was quantized.
inline constexpr const char* kFloatNetworkKey = "systoliq.float_network";
inline constexpr const char* kFloatHashKey = "systoliq.float_hash";

}  // namespace systoliq::sw_ref
