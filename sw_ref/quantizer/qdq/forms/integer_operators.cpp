// SPDX-License-Identifier: Apache-2.0
// ConvInteger and MatMulInteger with the scaling behind them, as ONNX Runtime's dynamic quantization and older tools
// write it: Cast to FLOAT, then Mul by Sx * Sw. The integers' zero points are operands; Sx is that of the
// QuantizeLinear in front, and Sw what is left of the factor. Where a bias in float behind that cannot be rounded to
// Sx * Sw without another integer, the sums leave the machine exactly and the host computes what the file says.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/qdq/forms/exact_sums.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref::forms {
namespace {

/// The only consumer, or nullptr.
const Node* only_user(const std::string& tensor, const Rewriting& rewriting) {
  const std::vector<const Node*> users = rewriting.users_of(tensor);
  return users.size() == 1 ? users[0] : nullptr;
}

bool moves_integers(const Node& node) {
  for (const char* op : {"MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Transpose", "Pad"}) {
    if (node.op == op) return true;
  }
  return false;
}

/// The QuantizeLinear that the integers come from, behind operators that only move them; nullptr where something else
/// makes them, as DynamicQuantizeLinear, whose scale only the host knows.
const Node* quantize_of(std::string tensor, const Rewriting& rewriting) {
  const Node* maker = rewriting.maker_of(tensor);
  while (maker != nullptr && moves_integers(*maker)) {
    tensor = maker->inputs.at(0);
    maker = rewriting.maker_of(tensor);
  }
  return maker != nullptr && maker->op == "QuantizeLinear" ? maker : nullptr;
}

/// The Cast and the Mul by a constant behind the operator.
struct Scaling {
  const Node* cast = nullptr;
  const Node* mul = nullptr;
  std::string factor;
};

Scaling scaling_behind(const Node& node, const Rewriting& rewriting) {
  Scaling found;
  found.cast = only_user(node.outputs.at(0), rewriting);
  if (found.cast != nullptr && found.cast->op == "Cast" && !rewriting.is_integer(found.cast->outputs.at(0))) {
    found.mul = only_user(found.cast->outputs.at(0), rewriting);
  }
  if (found.mul == nullptr || found.mul->op != "Mul" || found.mul->inputs.size() != 2) {
    refuse(node, "its integers have no scale; accepted: a Cast to FLOAT and a Mul by a constant behind it");
  }
  const std::size_t other = found.mul->inputs[0] == found.cast->outputs[0] ? 1 : 0;
  found.factor = found.mul->inputs[other];
  if (!rewriting.is_constant(found.factor)) {
    refuse(*found.mul, "multiplies by '" + found.factor + "', which is computed at run time; accepted: a constant");
  }
  return found;
}

/// A float w with fl(x * w) == product, the quotient or a neighbor of it.
float other_factor(const Node& node, float x, float product) {
  const float quotient = product / x;
  for (const float w : {quotient, std::nextafter(quotient, 0.0F), std::nextafter(quotient, INFINITY)}) {
    if (std::isnormal(w) && w > 0.0F && x * w == product) return w;
  }
  refuse(node, "its factor " + number_text(product) + " is no float product of the input's scale " + number_text(x) +
                   " and another; accepted: input scale * weight scale");
}

/// Scales of the weights, one or one a channel, as a new constant.
std::string weight_scales(const Node& node, const std::string& factor, float scale_x, std::int64_t channels,
                          Rewriting* rewriting) {
  const std::vector<float> products = rewriting->graph().values.at(factor).floats.data;
  const auto count = static_cast<std::int64_t>(products.size());
  if (count != 1 && count != channels) {
    refuse(node, "its factor has " + std::to_string(count) + " values; accepted: one, or one for each of " +
                     std::to_string(channels) + " channels");
  }
  std::vector<float> scales;
  for (const float product : products) scales.push_back(other_factor(node, scale_x, product));
  return rewriting->add_floats(node.name + ".weight.scale", count == 1 ? Shape{} : Shape{count}, std::move(scales));
}

}  // namespace

bool rewrite_integer_operator(const Node& node, Rewriting* rewriting) {
  const Node* maker = quantize_of(node.inputs.at(0), *rewriting);
  if (maker == nullptr) return false;
  const Node& quantize = *maker;
  const Scaling scaling = scaling_behind(node, *rewriting);
  const std::vector<float>& scale_x = rewriting->value_of(quantize, 1).floats.data;
  if (scale_x.size() != 1) refuse(quantize, "has a scale per channel; accepted: one");
  const bool convolution = node.op == "ConvInteger";
  const Value& weights = rewriting->value_of(node, 1);
  if (!weights.is_constant) refuse(node, "weights '" + weights.name + "' are computed; accepted: constants");
  const std::int64_t axis = convolution ? 0 : static_cast<std::int64_t>(weights.shape.size()) - 1;
  const std::int64_t channels = weights.shape.at(static_cast<std::size_t>(axis));
  const std::string scales = weight_scales(node, scaling.factor, scale_x[0], channels, rewriting);
  const std::vector<float> factors = rewriting->graph().values.at(scaling.factor).floats.data;
  const std::size_t spatial = convolution ? weights.shape.size() - 2 : 0;
  const auto biased = biased_channels(*scaling.mul, factors, channels, spatial, *rewriting);
  if (biased && rewrite_as_exact_sums(node, quantize, *biased, rewriting)) return true;
  const std::vector<std::string> inputs = {
      rewriting->dequantize(node, node.inputs[0], operand(quantize, 1), operand(node, 2)),
      rewriting->dequantize(node, node.inputs[1], scales, operand(node, 3), axis)};
  rewriting->emit(Rewriting::renamed(node, convolution ? "Conv" : "MatMul", inputs, scaling.mul->outputs.at(0)));
  rewriting->absorb(*scaling.cast);
  rewriting->absorb(*scaling.mul);
  return true;
}

}  // namespace systoliq::sw_ref::forms
