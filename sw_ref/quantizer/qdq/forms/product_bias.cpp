// SPDX-License-Identifier: Apache-2.0
// The bias of an integer operator.
#include "sw_ref/quantizer/qdq/forms/product_bias.h"

#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {

std::string dequantize_bias(const Node& node, std::size_t bias, std::size_t scale_x, std::size_t scale_w,
                            Rewriting* rewriting) {
  const Value& integers = constant_operand(rewriting->graph(), node, bias, "bias");
  const std::vector<float>& x = constant_operand(rewriting->graph(), node, scale_x, "scale").floats.data;
  const std::vector<float>& w = constant_operand(rewriting->graph(), node, scale_w, "scale").floats.data;
  if (integers.type != ElementType::kInt32 || x.size() != 1 || w.empty()) {
    refuse(node,
           "bias '" + integers.name + "' is not an INT32 constant beside scales; accepted: INT32 at scale Sx * Sw");
  }
  std::vector<float> products;
  for (const float scale : w) products.push_back(x[0] * scale);
  const Shape shape = products.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(products.size())};
  const std::string scale = rewriting->add_floats(node.name + ".bias.scale", shape, products);
  const auto last = static_cast<std::int64_t>(integers.shape.size()) - 1;
  return rewriting->dequantize(node, operand(node, bias), scale, "", last < 0 ? 0 : last);
}

}  // namespace systoliq::sw_ref::forms
