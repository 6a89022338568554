// SPDX-License-Identifier: Apache-2.0
// Looks at the operators of a graph.
#include "sw_ref/quantizer/fusion/is_quantized.h"

#include <algorithm>

#include "sw_ref/quantizer/qdq/forms/forms.h"

namespace systoliq::sw_ref {

bool is_quantized(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return node.op == "QuantizeLinear" || node.op == "DequantizeLinear" || is_quantized_form(node);
  });
}

}  // namespace systoliq::sw_ref
