// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's QLinearConcat: scale and zero point of y, then X, its scale and zero point for each input.
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_qlinear_concat(const Node& node, Rewriting* rewriting) {
  std::vector<std::string> inputs;
  for (std::size_t i = 2; i < node.inputs.size(); i += 3) inputs.push_back(rewriting->dequantize(node, i, i + 1));
  rewriting->emit_quantized(node, "Concat", inputs, operand(node, 0), operand(node, 1));
  return true;
}

}  // namespace systoliq::sw_ref::forms
