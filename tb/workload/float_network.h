// SPDX-License-Identifier: Apache-2.0
// Whether a float network is the one that a quantized network is to be compared with.
#pragma once

#include <string>

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// The file must have the hash that the quantized graph recorded, if it recorded one. Throws InputError.
void check_float_hash(const Graph& quantized, const std::string& float_path);

/// Every tensor that is compared must have as many elements as in the quantized network. Throws InputError with both
/// shapes.
void check_float_shapes(const Graph& graph, const QuantizedNetwork& network, const std::string& path);

}  // namespace systoliq::tb
