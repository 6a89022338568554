// SPDX-License-Identifier: Apache-2.0
// One function per kind of layer; run_layer() in reference.cpp chooses. All tensors are stored integers [1, c, h, w].
#pragma once

#include <cstdint>
#include <vector>

#include "types/accumulation.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// acc = bias - Zx * sum(w - Zw) + sum x * (w - Zw), taps outside supplying x = Zx; y = clamp(round(acc * factor) +
/// Zy). *overflows counts the narrowings that overflowed, in the order of types/accumulation.h.
IntTensor convolve(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                   const AccumulationOrder& order, KernelTapPacking packing, std::int64_t* overflows);

/// The same with the window turned around: input i and tap k add to output i * stride + k * dilation - pad.
IntTensor convolve_transposed(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                              const AccumulationOrder& order, std::int64_t* overflows);

/// The largest stored value of the taps inside, clamped.
IntTensor max_pool(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input);

/// average() of requantization.h over the taps inside (or, with count_include_pad, over the whole window, taps outside
/// counting as Zx), clamped.
IntTensor average_pool(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input);

/// Residual add by the network's preset, clamped. A second operand of one pixel repeats over the first.
IntTensor add(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& a, const IntTensor& b);

/// Product of two tensors by the network's preset (product.h), clamped. A second operand of one pixel repeats over the
/// first.
IntTensor multiply(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& a, const IntTensor& b,
                   int multiplier_bits);

/// lookup[x - lowest stored value], clamped.
IntTensor look_up(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input);

/// Channels, rows or columns one after the other; scales and zero points must be those of the output. Throws InputError
/// otherwise.
IntTensor concatenate(const QuantizedNetwork& network, const QuantizedLayer& layer,
                      const std::vector<const IntTensor*>& inputs);

/// Pads height and width with the zero point.
IntTensor pad(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input);

/// Every output element is the input's element at the place that the layer's Move adds up to; scales and zero points
/// must be equal. Throws InputError otherwise.
IntTensor move_elements(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input);

/// value limited to [clamp_min, clamp_max] of the layer.
std::int32_t clamp_output(const QuantizedLayer& layer, std::int64_t value);

}  // namespace systoliq::sw_ref
