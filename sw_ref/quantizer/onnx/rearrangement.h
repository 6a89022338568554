// SPDX-License-Identifier: Apache-2.0
// Elements in another order, as ONNX nodes: a Transpose between Reshapes where that says it, else a Gather.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw_ref/quantizer/onnx/onnx_graph.h"

namespace systoliq::sw_ref {

/// Nodes that make `output` of that shape from `value` [N, ...], of which an image has `elements`: the output's are
/// those at `places` of their row-major order. A leading 1 of `shape` stands for N. The last node bears the name
/// `node`.
void write_rearranged(OnnxGraph* graph, const std::string& node, const std::string& value, std::int64_t elements,
                      const std::vector<std::int64_t>& places, const Shape& shape, const std::string& output);

}  // namespace systoliq::sw_ref
