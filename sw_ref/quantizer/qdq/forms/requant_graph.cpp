// SPDX-License-Identifier: Apache-2.0
// RequantShift as Deeploy, DORY and PULP's tools write it: integers in float tensors, behind a convolution, a product
// of matrices, a sum, or other integers. Every tensor gets a scale: 1, or what the sum that reads it multiplies by.
#include <algorithm>
#include <cmath>
#include <map>

#include "sw_ref/frontend/graph/custom_operators.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/forms/clipped_integers.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "sw_ref/quantizer/qdq/forms/requant_shift.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref::forms {
namespace {

constexpr std::int64_t kLargestWeight = 127;

bool is_requant(const Node* node) { return node != nullptr && node->op == "RequantShift" && node->domain.empty(); }

bool moves(const Node& node) {
  for (const char* op : {"MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Transpose", "Pad",
                         "Dropout", "Slice", "Concat", "Split"}) {
    if (node.op == op) return true;
  }
  return false;
}

/// Integers of a tensor: how many bits, and whether they are unsigned.
struct Integers {
  int bits = 8;
  bool is_unsigned = true;

  std::int64_t low() const { return is_unsigned ? 0 : -(std::int64_t{1} << (bits - 1)); }
  std::int64_t high() const { return low() + (std::int64_t{1} << bits) - 1; }
  std::int64_t offset() const { return is_unsigned ? std::int64_t{1} << (bits - 1) : 0; }
  ElementType type() const {
    if (bits > 8) return is_unsigned ? ElementType::kUint16 : ElementType::kInt16;
    return is_unsigned ? ElementType::kUint8 : ElementType::kInt8;
  }
};

Integers integers_of(const Node& requant) {
  const float levels = requant_levels(requant);
  Integers integers;
  integers.bits = std::ilogb(levels);
  integers.is_unsigned = float_attribute(requant, "signed", 0.0F) == 0.0F;
  if (levels != std::ldexp(1.0F, integers.bits) || integers.bits < 2 || integers.bits > 16) {
    refuse(requant, "has " + number_text(levels) + " levels; accepted: a power of two from 4 to 65536");
  }
  return integers;
}

/// A whole number of a constant that is one, or one a channel.
std::int64_t whole(const Node& node, const Value& value, std::size_t channel) {
  const std::vector<float>& numbers = value.floats.data;
  const float number = numbers.at(numbers.size() == 1 ? 0 : channel);
  if (number != std::nearbyint(number) || std::abs(number) > 1e15F) {
    refuse(node, "'" + value.name + "' holds " + number_text(number) + "; accepted: whole numbers");
  }
  return static_cast<std::int64_t>(number);
}

RequantChannel channel_of(const Node& requant, std::size_t channel, const Rewriting& rewriting) {
  RequantChannel result;
  result.mul = whole(requant, constant_operand(rewriting.graph(), requant, 1, "mul"), channel);
  result.add = whole(requant, constant_operand(rewriting.graph(), requant, 2, "add"), channel);
  result.div = static_cast<std::int64_t>(float_attribute(requant, "div", 1.0F));
  const Integers integers = integers_of(requant);
  result.low = integers.low();
  result.high = integers.high();
  if (result.mul == 0) refuse(requant, "multiplies by 0; accepted: anything else");
  return result;
}

/// The one RequantShift behind a sum, or nullptr.
const Node* requant_behind(const Node& node, const Rewriting& rewriting) {
  const std::vector<const Node*> users = rewriting.users_of(node.outputs.at(0));
  return users.size() == 1 && is_requant(users[0]) ? users[0] : nullptr;
}

/// True for a sum of two computed tensors.
bool is_sum(const Node& node, const Rewriting& rewriting) {
  return node.op == "Add" && std::none_of(node.inputs.begin(), node.inputs.end(),
                                          [&](const std::string& input) { return rewriting.is_constant(input); });
}

float scale_of(const std::string& tensor, const Rewriting& rewriting);

/// The scale that a consumer needs its operand at, nothing where any will do: a sum in front of a RequantShift needs
/// both at mul / div times the scale of its result.
std::optional<float> scale_for(const Node& user, const Rewriting& rewriting);

/// The scale that the consumers of `tensor` need it at. Throws InputError where two differ.
std::optional<float> wanted_scale(const std::string& tensor, const Rewriting& rewriting) {
  std::optional<float> scale;
  for (const Node* user : rewriting.users_of(tensor)) {
    const std::optional<float> wanted = user == nullptr ? std::nullopt : scale_for(*user, rewriting);
    if (wanted && scale && *wanted != *scale) {
      refuse(*user, "needs '" + tensor + "' at scale " + number_text(*wanted) + " for a sum, but another sum needs " +
                        number_text(*scale) + "; accepted: one");
    }
    if (wanted) scale = wanted;
  }
  return scale;
}

std::optional<float> scale_for(const Node& user, const Rewriting& rewriting) {
  if (moves(user)) return wanted_scale(user.outputs.at(0), rewriting);
  const Node* requant = is_sum(user, rewriting) ? requant_behind(user, rewriting) : nullptr;
  if (requant == nullptr) return std::nullopt;
  const RequantChannel channel = channel_of(*requant, 0, rewriting);
  const double exact = static_cast<double>(channel.mul) / static_cast<double>(channel.div) *
                       double{scale_of(requant->outputs.at(0), rewriting)};
  const auto scale = static_cast<float>(exact);
  if (double{scale} != exact || exact <= 0.0) {
    refuse(*requant, "mul / div = " + number_text(exact) + " behind a sum is no positive float; accepted: one");
  }
  return scale;
}

/// What the integers of `tensor` are multiplied by as reals.
float scale_of(const std::string& tensor, const Rewriting& rewriting) {
  return wanted_scale(tensor, rewriting).value_or(1.0F);
}

/// The tensor whose integers `tensor` holds, moved: that of a RequantShift, or the network's input.
std::string root_of(const Node& node, const std::string& tensor, const Rewriting& rewriting) {
  const Node* maker = rewriting.maker_of(tensor);
  if (maker == nullptr || is_requant(maker)) return tensor;
  if (!moves(*maker)) {
    refuse(node, "input '" + tensor + "' comes from " + describe(*maker) +
                     "; accepted: RequantShift, the network's input, and what moves their integers");
  }
  return root_of(node, maker->inputs.at(0), rewriting);
}

/// The integers' tensor behind Q and DQ.
void emit_pair(const Node& node, const std::string& value, const Integers& integers, float scale,
               const std::string& output, Rewriting* rewriting) {
  const std::string s = rewriting->add_floats(output + ".scale", {}, {scale});
  const std::string z = rewriting->add_integers(output + ".zero_point", integers.type(), {}, {0});
  const std::string stored =
      rewriting->add_tensor(output + ".integers", Shape(rewriting->graph().values.at(value).shape));
  rewriting->set_type(stored, integers.type());
  emit_quantize(node, value, s, z, integers.bits, stored, rewriting);
  emit_dequantize(node, stored, s, z, integers.bits, 0, output, rewriting);
}

/// The reals of an operand; the network's input is quantized where it is first read.
std::string real_of(const Node& node, const std::string& tensor, Rewriting* rewriting) {
  if (rewriting->maker_of(tensor) != nullptr || rewriting->is_constant(tensor)) return tensor;
  const std::string read = tensor + ".dequantized";
  if (rewriting->graph().values.count(read) != 0) return read;
  rewriting->add_tensor(read, Shape(rewriting->graph().values.at(tensor).shape));
  emit_pair(node, tensor, Integers(), scale_of(tensor, *rewriting), read, rewriting);
  rewriting->add_note("input '" + tensor + "' of a network with RequantShift takes integers from 0 to 255");
  return read;
}

/// Weights, bias and scales of one product in front of a RequantShift.
struct Product {
  Shape shape;
  std::int64_t axis = 0, channels = 1, inner = 1;
  std::vector<std::int64_t> weights, bias;
  std::vector<float> scales;
};

void fit_channel(const Node& node, const Node& requant, std::int64_t channel, double ratio, Rewriting* rewriting,
                 Product* product) {
  const auto is_of_channel = [&](std::size_t i) {
    return static_cast<std::int64_t>(i) / product->inner % product->channels == channel;
  };
  std::int64_t largest = 1;
  for (std::size_t i = 0; i < product->weights.size(); ++i) {
    if (is_of_channel(i)) largest = std::max(largest, std::abs(product->weights[i]));
  }
  const RequantChannel wanted = channel_of(requant, static_cast<std::size_t>(channel), *rewriting);
  const std::optional<ProductForm> form = product_form(wanted, std::max<std::int64_t>(kLargestWeight / largest, 1));
  if (!form) {
    refuse(requant, "adds " + std::to_string(wanted.add) + " behind a product with " + std::to_string(wanted.mul) +
                        " in channel " + std::to_string(channel) +
                        ", which no bias and factor give; accepted: multiples of the product, or smaller weights");
  }
  const double scale = double{form->factor} * ratio;
  product->scales[static_cast<std::size_t>(channel)] = static_cast<float>(scale);
  if (double{static_cast<float>(scale)} != scale) {
    refuse(node, "needs the weight scale " + number_text(scale) + " exactly; accepted: what a float holds");
  }
  for (std::size_t i = 0; i < product->weights.size(); ++i) {
    if (is_of_channel(i)) product->weights[i] *= form->times;
  }
  std::int64_t& bias = product->bias[static_cast<std::size_t>(channel)];
  bias = bias * form->times + form->bias;
}

Product product_of(const Node& node, const Node& requant, float scale_x, float scale_y, Rewriting* rewriting) {
  const Value& weights = constant_operand(rewriting->graph(), node, 1, "weights");
  Product product;
  product.shape = weights.shape;
  const auto last = static_cast<std::int64_t>(product.shape.size()) - 1;
  const bool output_first = node.op == "Conv" || int_attribute(node, "transB", 0) != 0;
  product.axis = output_first ? 0 : last;
  product.channels = product.shape.at(static_cast<std::size_t>(product.axis));
  product.inner = output_first ? element_count(product.shape) / product.channels : 1;
  for (std::size_t i = 0; i < weights.floats.data.size(); ++i) {
    const float weight = weights.floats.data[i];
    if (weight != std::nearbyint(weight) || weight < -128.0F || weight > 127.0F) {
      refuse(node, "weight " + number_text(weight) + " in front of a RequantShift; accepted: integers of 8 bits");
    }
    product.weights.push_back(static_cast<std::int64_t>(weight));
  }
  product.bias.assign(static_cast<std::size_t>(product.channels), 0);
  product.scales.assign(static_cast<std::size_t>(product.channels), 1.0F);
  if (!operand(node, 2).empty()) {
    const Value& bias = constant_operand(rewriting->graph(), node, 2, "bias");
    for (std::size_t o = 0; o < product.bias.size(); ++o) product.bias[o] = whole(node, bias, o);
  }
  for (std::int64_t o = 0; o < product.channels; ++o) {
    fit_channel(node, requant, o, double{scale_y} / double{scale_x}, rewriting, &product);
  }
  return product;
}

}  // namespace

/// Conv, Gemm or MatMul whose only consumer is a RequantShift.
bool rewrite_product_before_requant(const Node& node, Rewriting* rewriting) {
  const Node* requant = requant_behind(node, *rewriting);
  if (requant == nullptr) return false;
  rewriting->require_preset(*requant, Preset::kTfliteSingle);
  const std::string& output = requant->outputs.at(0);
  const float scale_x = scale_of(root_of(node, node.inputs.at(0), *rewriting), *rewriting);
  const float scale_y = scale_of(output, *rewriting);
  const Product product = product_of(node, *requant, scale_x, scale_y, rewriting);
  const std::string s = rewriting->add_floats(node.name + ".weight.scale", {product.channels}, product.scales);
  const std::string w =
      rewriting->add_integers(node.name + ".weight", ElementType::kInt8, product.shape, product.weights);
  std::vector<float> products;
  for (const float scale : product.scales) products.push_back(scale_x * scale);
  const std::string bs = rewriting->add_floats(node.name + ".bias.scale", {product.channels}, products);
  const std::string b =
      rewriting->add_integers(node.name + ".bias", ElementType::kInt32, {product.channels}, product.bias);
  std::vector<std::string> inputs = {real_of(node, node.inputs[0], rewriting),
                                     rewriting->dequantize(node, w, s, "", product.axis),
                                     rewriting->dequantize(node, b, bs, "", 0)};
  const std::string real = rewriting->add_tensor(output + ".real", Shape(rewriting->graph().values.at(output).shape));
  rewriting->emit(Rewriting::renamed(node, node.op == "MatMul" ? "Gemm" : node.op, inputs, real));
  emit_pair(*requant, real, integers_of(*requant), scale_y, output, rewriting);
  rewriting->show_as(real, output);
  rewriting->absorb(*requant);
  return true;
}

/// A RequantShift of a sum, or of integers alone, which becomes a table.
bool rewrite_requant_shift(const Node& node, Rewriting* rewriting) {
  rewriting->require_preset(node, Preset::kTfliteSingle);
  const std::string& x = node.inputs.at(0);
  const std::string& output = node.outputs.at(0);
  const float scale_y = scale_of(output, *rewriting);
  const RequantChannel channel = channel_of(node, 0, *rewriting);
  for (const std::size_t input : {std::size_t{1}, std::size_t{2}}) {
    const std::vector<float>& values = rewriting->value_of(node, input).floats.data;
    if (std::any_of(values.begin(), values.end(), [&](float value) { return value != values[0]; })) {
      refuse(node, "differs by channel, and no convolution is in front; accepted: one mul and one add");
    }
  }
  const Node* maker = rewriting->maker_of(x);
  if (maker != nullptr && is_sum(*maker, *rewriting)) {
    if (channel.add != 0) refuse(node, "adds " + std::to_string(channel.add) + " behind a sum; accepted: 0");
    emit_pair(node, x, integers_of(node), scale_y, output, rewriting);
    rewriting->show_as(x, output);
    return true;
  }
  const std::string root = root_of(node, x, *rewriting);
  const Node* source = rewriting->maker_of(root);  // none of the network's input, whose 8 bits are unsigned
  const Integers in = source == nullptr ? Integers() : integers_of(*source);
  const Integers out = integers_of(node);
  std::vector<std::int64_t> table;
  for (std::int64_t integer = in.low(); integer <= in.high(); ++integer) {
    table.push_back(requant_shift(channel, integer) - out.offset());
  }
  const double factor = static_cast<double>(channel.mul) / static_cast<double>(channel.div) * double{scale_y} /
                        double{scale_of(root, *rewriting)};
  const std::string real = rewriting->add_tensor(output + ".real", Shape(rewriting->graph().values.at(output).shape));
  Node look_up = Rewriting::renamed(node, kRequantize, {real_of(node, x, rewriting)}, real);
  look_up.attributes = {{kTableAttribute, table}, {kFactorAttribute, static_cast<float>(factor)}};
  rewriting->emit(look_up);
  emit_pair(node, real, out, scale_y, output, rewriting);
  rewriting->show_as(real, output);
  return true;
}

}  // namespace systoliq::sw_ref::forms
