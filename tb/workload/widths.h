// SPDX-License-Identifier: Apache-2.0
// Widths by layer, as the command line and TOML files give them.
#pragma once

#include <map>
#include <string>

#include "sw_ref/quantizer/options.h"

namespace systoliq::tb {

/// `text`: LAYER=W or LAYER=W/A, separated by commas, with W bits a weight and A bits an activation of the layer's
/// output (LAYER=/A: activations only); or the path of a TOML file with tables [weight_bits] and [activation_bits], of
/// lines LAYER = bits. Throws InputError naming what is wrong; names are checked against the network by quantize().
void set_widths(const std::string& text, sw_ref::QuantizeOptions* options);

/// The [weight_bits] table that set_widths() reads.
std::string widths_toml(const std::map<std::string, int>& widths);

}  // namespace systoliq::tb
