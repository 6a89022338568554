// SPDX-License-Identifier: Apache-2.0
// A layer that an option names, looked for before a network is quantized.
#pragma once

#include <string>

#include "types/graph.h"

namespace systoliq::tb {

/// Throws InputError, with the names there are, where the float network will have no such layer: `layer` is a layer's
/// name, the name of its output, or its number.
void check_needed_layer(const Graph& graph, const std::string& layer);

}  // namespace systoliq::tb
