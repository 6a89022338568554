// SPDX-License-Identifier: Apache-2.0
// QGemm of ONNX Runtime: A and B with their scales and zero points, C of INT32 at scale Sa * Sb, and the scale and zero
// point of y, without which y is a real number.
#include "sw_ref/quantizer/qdq/forms/product_bias.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_qgemm(const Node& node, Rewriting* rewriting) {
  const std::int64_t axis = int_attribute(node, "transB", 0) != 0 ? 0 : 1;
  std::vector<std::string> inputs = {rewriting->dequantize(node, 0, 1), rewriting->dequantize(node, 3, 4, axis)};
  if (!operand(node, 6).empty()) inputs.push_back(dequantize_bias(node, 6, 1, 4, rewriting));
  if (operand(node, 7).empty()) {
    rewriting->emit(Rewriting::renamed(node, "Gemm", inputs, node.outputs.at(0)));
  } else {
    rewriting->emit_quantized(node, "Gemm", inputs, operand(node, 7), operand(node, 8));
  }
  return true;
}

}  // namespace systoliq::sw_ref::forms
