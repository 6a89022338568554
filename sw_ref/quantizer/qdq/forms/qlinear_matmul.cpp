// SPDX-License-Identifier: Apache-2.0
// QLinearMatMul: a, its scale and zero point, b and its (one, or one a column), those of y.
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_qlinear_matmul(const Node& node, Rewriting* rewriting) {
  const auto columns = static_cast<std::int64_t>(rewriting->value_of(node, 3).shape.size()) - 1;
  const std::vector<std::string> inputs = {rewriting->dequantize(node, 0, 1),
                                           rewriting->dequantize(node, 3, 4, columns)};
  rewriting->emit_quantized(node, "MatMul", inputs, operand(node, 6), operand(node, 7));
  return true;
}

}  // namespace systoliq::sw_ref::forms
