// SPDX-License-Identifier: Apache-2.0
// Quantized networks without QuantizeLinear behind some operators, as TensorRT and those who write for it leave them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/qdq_graph.h"
#include "types/graph.h"
#include "types/layout.h"

namespace systoliq::sw_ref {

/// Name and order of a tensor of the lowered network as the file knows it: its own, or, where only another value that
/// lies in it has a scale in the file (`given`), that value's.
std::pair<std::string, Layout> known_as(const FusedNetwork& fused, int index, const std::set<std::string>& given);

/// Values that layers would read or make in integers, but that have no scale; in the order of the layers' tensors.
std::vector<std::string> values_without_scale(const Graph& graph);

/// The same graph where every value that a QuantizeLinear reads is read in integers alone, and with QuantizeLinear and
/// DequantizeLinear behind every such value: 8 bits whose ends are the least and the largest that the graph computes of
/// the images. A line in `notes` for each. Throws InputError.
Graph with_calibrated_scales(const Graph& graph, const std::vector<FloatTensor>& images,
                             std::vector<std::string>* notes);

}  // namespace systoliq::sw_ref
