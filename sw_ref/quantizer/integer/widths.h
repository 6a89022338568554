// SPDX-License-Identifier: Apache-2.0
// Widths that differ by layer.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

int weight_bits_of(const QuantizeOptions& options, const std::string& layer);

/// Bits of every tensor. Tensors that are only moved (pooled by maximum, padded, concatenated) share their width with
/// what they come from. Throws InputError for a width out of range, for a name that is no layer (weights: no layer with
/// weights) nor network input, and for tensors of different widths that must share one.
std::vector<int> tensor_bits(const FusedNetwork& fused, const QuantizeOptions& options);

}  // namespace systoliq::sw_ref
