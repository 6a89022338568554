// SPDX-License-Identifier: Apache-2.0
// QLinearConv: x, its scale and zero point, w and its, those of y, and a bias of INT32 at scale Sx * Sw.
#include "sw_ref/quantizer/qdq/forms/product_bias.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_qlinear_convolution(const Node& node, Rewriting* rewriting) {
  std::vector<std::string> inputs = {rewriting->dequantize(node, 0, 1), rewriting->dequantize(node, 3, 4, 0)};
  if (!operand(node, 8).empty()) inputs.push_back(dequantize_bias(node, 8, 1, 4, rewriting));
  rewriting->emit_quantized(node, "Conv", inputs, operand(node, 6), operand(node, 7));
  return true;
}

}  // namespace systoliq::sw_ref::forms
