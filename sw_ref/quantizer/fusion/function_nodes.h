// SPDX-License-Identifier: Apache-2.0
// Which nodes of a graph compute a function of each element of one tensor: x * Sigmoid(x) as well as Tanh.
#pragma once

#include <set>
#include <string>

#include "sw_ref/quantizer/fusion/constant.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// The nodes whose operands are constants of one element, and one tensor or functions of it. Functions are not followed
/// across `boundaries`. The sum of two tensors that layers hold anyway is left to the layers.
std::set<const Node*> function_nodes(const Graph& graph, ConstantPool* constants,
                                     const std::set<std::string>& boundaries);

}  // namespace systoliq::sw_ref
