// SPDX-License-Identifier: Apache-2.0
// Executes a Graph in float with oneDNN, keeping every intermediate tensor by name.
#pragma once

#include <map>
#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// All tensors by name, inputs included. QuantizeLinear/DequantizeLinear and the QLinear operators are executed by ONNX's
/// definitions in float where they occur. Throws InputError naming the node for an operator that is not supported.
std::map<std::string, FloatTensor> run_float(const Graph& graph, const std::map<std::string, FloatTensor>& inputs);

}  // namespace systoliq::sw_ref
