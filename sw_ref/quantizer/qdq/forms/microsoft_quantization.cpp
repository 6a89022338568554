// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear and DequantizeLinear of ONNX Runtime's domain, which came before ONNX had 16 and 4 bits.
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

bool rewrite_microsoft_quantization(const Node& node, Rewriting* rewriting) {
  rewriting->emit(Rewriting::renamed(node, node.op, node.inputs, node.outputs.at(0)));
  return true;
}

}  // namespace systoliq::sw_ref::forms
