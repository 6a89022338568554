// SPDX-License-Identifier: Apache-2.0
// Looks at the operators of a graph.
#include "sw_ref/quantizer/fusion/is_quantized.h"

#include <algorithm>
#include <set>
#include <string>

namespace systoliq::sw_ref {

bool is_quantized(const Graph& graph) {
  static const std::set<std::string> kOperators = {"QuantizeLinear", "DequantizeLinear", "QGemm", "RequantShift",
                                                   "Quant",          "BipolarQuant"};
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return kOperators.count(node.op) != 0 || node.op.rfind("QLinear", 0) == 0;
  });
}

}  // namespace systoliq::sw_ref
