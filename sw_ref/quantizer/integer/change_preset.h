// SPDX-License-Identifier: Apache-2.0
// Another requantization arithmetic for a network that is quantized already.
#pragma once

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Gives the network another preset. Integers and scales stay; reference and machine derive multipliers from the
/// scales. Throws InputError, and changes nothing, where a layer's scales have no multiplier under the preset, naming
/// the layer, and where the network was quantized by divisors that the preset does not take.
void change_preset(QuantizedNetwork* network, Preset preset);

}  // namespace systoliq::sw_ref
