// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's QLinearAveragePool and QLinearGlobalAveragePool: X, its scale and zero point, those of y.
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_qlinear_pool(const Node& node, Rewriting* rewriting) {
  if (int_attribute(node, "channels_last", 0) != 0) refuse(node, "channels_last is set; accepted: 0");
  const char* op = node.op == "QLinearAveragePool" ? "AveragePool" : "GlobalAveragePool";
  rewriting->emit_quantized(node, op, {rewriting->dequantize(node, 0, 1)}, operand(node, 3), operand(node, 4));
  return true;
}

}  // namespace systoliq::sw_ref::forms
