// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's QLinearAdd and QLinearMul (A and B with scale and zero point each, then those of y), and
// QLinearSigmoid, QLinearLeakyRelu and QLinearSoftmax (X, its scale and zero point, those of y).
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {
namespace {

/// The float operator: "QLinearAdd" is "Add".
std::string without_prefix(const Node& node) { return node.op.substr(std::string("QLinear").size()); }

}  // namespace

bool rewrite_qlinear_binary(const Node& node, Rewriting* rewriting) {
  const std::vector<std::string> inputs = {rewriting->dequantize(node, 0, 1), rewriting->dequantize(node, 3, 4)};
  Node sum = node;
  if (node.op == "QLinearAdd") sum.attributes[kAsInFileAttribute] = std::int64_t{1};
  rewriting->emit_quantized(sum, without_prefix(node), inputs, operand(node, 6), operand(node, 7));
  return true;
}

bool rewrite_qlinear_unary(const Node& node, Rewriting* rewriting) {
  rewriting->emit_quantized(node, without_prefix(node), {rewriting->dequantize(node, 0, 1)}, operand(node, 3),
                            operand(node, 4));
  return true;
}

}  // namespace systoliq::sw_ref::forms
