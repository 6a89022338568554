// SPDX-License-Identifier: Apache-2.0
// A lowered network as a float graph again: what was folded and fused is written as one operator a layer.
#pragma once

#include <map>
#include <string>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// The float network of `fused`, which was lowered from `graph` and may have other weights since; tensors, layers and
/// outputs keep their names. Lowering it yields `fused` but for the rounding of its constants to float.
Graph float_graph_of(const Graph& graph, const FusedNetwork& fused);

/// Name in float_graph_of() of what a convolution computes before its clamp.
std::string linear_name(const FusedNetwork& fused, const FusedLayer& layer);

}  // namespace systoliq::sw_ref
