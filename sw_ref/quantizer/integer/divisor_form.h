// SPDX-License-Identifier: Apache-2.0
// Requantization by an integer divisor, expressed in scales, so that multiplier and shift compute it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// True for presets with a multiplier of the machine's own, rounded once; tflite_single's is TFLite's.
bool takes_divisors(Preset preset);

/// Names of those presets, separated by commas.
std::string presets_with_divisors();

/// For every output channel of a convolution: D = round half away(Sy / (Sx * Sw)), and the weight scale becomes the
/// smallest float whose multiplier is not below 1 / D. Weights and bias keep their integers. For 0 <= acc < 2^22 the
/// floor preset then yields floor(acc / D); below 0 it is one less at multiples of D, because a multiplier with 31 bits
/// lies above 1 / D or below it. D is recorded in the network's metadata. Throws InputError naming the layer where D
/// would be 0 or exceed 2^22.
void to_divisor_form(QuantizedNetwork* network, std::size_t index);

/// Throws InputError where metadata names divisors that are no list of integers, belong to no layer, or whose
/// reciprocals are not the factors of the scales.
void check_divisors(const QuantizedNetwork& network);

}  // namespace systoliq::sw_ref
