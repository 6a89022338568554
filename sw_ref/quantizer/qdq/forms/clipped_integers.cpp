// SPDX-License-Identifier: Apache-2.0
// Widths below that of the type: QuantizeLinear, Clip, DequantizeLinear as Brevitas writes them (QCDQ).
#include "sw_ref/quantizer/qdq/forms/clipped_integers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {
namespace {

/// A bound of a Clip between integers, or `otherwise`.
std::int64_t bound(const Node& clip, std::size_t input, std::int64_t otherwise, const Rewriting& rewriting) {
  if (operand(clip, input).empty()) return otherwise;
  const Value& value = constant_operand(rewriting.graph(), clip, input, input == 1 ? "min" : "max");
  if (value.integers.data.size() != 1) refuse(clip, "bound '" + value.name + "' is not one integer");
  return value.integers.data[0];
}

bool is_integer_clip(const Node* node, const Rewriting& rewriting) {
  return node != nullptr && node->op == "Clip" && node->domain.empty() && rewriting.is_integer(node->inputs.at(0));
}

IntegerRangeOfBits range_of(const Node& clip, ElementType type, const Rewriting& rewriting) {
  const IntegerRange all = integer_range(type);
  const std::int64_t low = std::max(bound(clip, 1, all.low, rewriting), all.low);
  const std::int64_t high = std::min(bound(clip, 2, all.high, rewriting), all.high);
  if (low > high) refuse(clip, "min is above max; accepted: min <= max");
  return range_of_bits(low, high, all.low == 0);
}

}  // namespace

IntegerRangeOfBits range_of_bits(std::int64_t low, std::int64_t high, bool is_unsigned) {
  IntegerRangeOfBits range{low, high, is_unsigned, 2};
  while (low < range.lowest() || high > range.highest()) ++range.bits;
  return range;
}

std::string limit_to(const Node& node, const std::string& real, const IntegerRangeOfBits& range, float scale,
                     std::int64_t zero, Rewriting* rewriting) {
  if (range.low == range.lowest() && range.high == range.highest()) return real;
  const std::vector<std::string>& inputs = rewriting->graph().inputs;
  if (std::count(inputs.begin(), inputs.end(), real) != 0) {
    refuse(node, "limits the network's input to " + std::to_string(range.low) + " to " + std::to_string(range.high) +
                     "; accepted: all integers of a width, such as " + std::to_string(range.lowest()) + " to " +
                     std::to_string(range.highest()));
  }
  const auto end = [&](std::int64_t integer) { return static_cast<float>(integer - zero) * scale; };
  Node clip;
  clip.name = node.name + ".range";
  clip.op = "Clip";
  clip.inputs = {real};
  if (rewriting->graph().opset < 11) {
    clip.attributes = {{"min", end(range.low)}, {"max", end(range.high)}};
  } else {
    clip.inputs.push_back(rewriting->add_floats(clip.name + ".low", {}, {end(range.low)}));
    clip.inputs.push_back(rewriting->add_floats(clip.name + ".high", {}, {end(range.high)}));
  }
  clip.outputs = {rewriting->add_tensor(clip.name, Shape(rewriting->graph().values.at(real).shape))};
  rewriting->emit(clip);
  return clip.outputs[0];
}

void emit_quantize(const Node& node, const std::string& real, const std::string& scale, const std::string& zero,
                   int bits, const std::string& output, Rewriting* rewriting) {
  Node quantize;
  quantize.name = node.name;
  quantize.op = "QuantizeLinear";
  quantize.inputs = {real, scale};
  if (!zero.empty()) quantize.inputs.push_back(zero);
  quantize.outputs = {output};
  quantize.attributes[kBitsAttribute] = std::int64_t{bits};
  rewriting->emit(quantize);
}

void emit_dequantize(const Node& node, const std::string& integers, const std::string& scale, const std::string& zero,
                     int bits, std::int64_t axis, const std::string& output, Rewriting* rewriting) {
  Node dequantize;
  dequantize.name = node.name;
  dequantize.op = "DequantizeLinear";
  dequantize.inputs = {integers, scale};
  if (!zero.empty()) dequantize.inputs.push_back(zero);
  dequantize.outputs = {output};
  dequantize.attributes = {{"axis", axis}, {kBitsAttribute, std::int64_t{bits}}};
  rewriting->emit(dequantize);
}

/// A QuantizeLinear whose integers go to a Clip alone takes the Clip's width and makes the Clip's output.
bool rewrite_clipped_quantization(const Node& node, Rewriting* rewriting) {
  const std::vector<const Node*> users = rewriting->users_of(node.outputs.at(0));
  if (users.size() != 1 || !is_integer_clip(users[0], *rewriting)) return false;
  const Node& clip = *users[0];
  const ElementType type = rewriting->value_of(clip, 0).type;
  const IntegerRangeOfBits range = range_of(clip, type, *rewriting);
  const ActivationScale as = activation_scale(rewriting->graph(), node, 1, type);
  const std::string real =
      limit_to(clip, node.inputs.at(0), range, as.scale, as.zero_point + as.storage_offset, rewriting);
  emit_quantize(node, real, operand(node, 1), operand(node, 2), range.bits, clip.outputs.at(0), rewriting);
  rewriting->set_bits(clip.outputs[0], range.bits);
  rewriting->absorb(clip);
  return true;
}

/// A Clip of constant integers gives their width.
bool rewrite_clipped_constant(const Node& node, Rewriting* rewriting) {
  if (!is_integer_clip(&node, *rewriting) || !rewriting->is_constant(node.inputs[0])) return false;
  const Value source = rewriting->value_of(node, 0);
  const IntegerRangeOfBits range = range_of(node, source.type, *rewriting);
  std::vector<std::int64_t> values = source.integers.data;
  for (std::int64_t& value : values) value = std::clamp(value, range.low, range.high);
  rewriting->set_constant(node.outputs.at(0), source.type, source.shape, std::move(values));
  rewriting->set_bits(node.outputs[0], range.bits);
  return true;
}

/// A DequantizeLinear of integers whose width is known.
bool rewrite_clipped_dequantization(const Node& node, Rewriting* rewriting) {
  const int bits = rewriting->bits_of(node.inputs.at(0));
  if (bits == 0) return false;
  emit_dequantize(node, node.inputs[0], operand(node, 1), operand(node, 2), bits, int_attribute(node, "axis", 1),
                  node.outputs.at(0), rewriting);
  return true;
}

}  // namespace systoliq::sw_ref::forms
