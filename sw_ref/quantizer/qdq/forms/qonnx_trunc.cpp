// SPDX-License-Identifier: Apache-2.0
// QONNX's Trunc behind an average, as Brevitas writes the quantized average pooling: the sum of a window (its average
// times its size) without its lowest bits. It becomes a depthwise convolution with one weight everywhere.
#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/window_geometry.h"
#include "sw_ref/quantizer/qdq/forms/clipped_integers.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref::forms {
namespace {

constexpr const char* kRemedy =
    "; accepted: behind AveragePool or GlobalAveragePool of what a Quant makes, times the window's size";
constexpr int kMostDropped = 16;

bool is_trunc(const Node* node) {
  return node != nullptr && node->op == "Trunc" && node->domain == "qonnx.custom_op.general";
}
bool is_average(const Node& node) {
  return node.domain.empty() && (node.op == "AveragePool" || node.op == "GlobalAveragePool");
}

/// The only reader of what the node makes, or nullptr.
const Node* only_reader(const Node& node, const Rewriting& rewriting) {
  const std::vector<const Node*> users = rewriting.users_of(node.outputs.at(0));
  return users.size() == 1 ? users[0] : nullptr;
}

float one_number(const Node& node, std::size_t input, const char* what, const Rewriting& rewriting) {
  const Value& value = constant_operand(rewriting.graph(), node, input, what);
  if (value.floats.data.size() != 1) refuse(node, std::string(what) + " '" + value.name + "' is not one number");
  return value.floats.data[0];
}

/// Average, product and Trunc of one pattern.
struct Pattern {
  const Node* average = nullptr;
  const Node* product = nullptr;
  const Node* quant = nullptr;  ///< what the average reads
};

/// True for a product with a constant that an average makes and a Trunc alone reads.
bool joins(const Node& product, const Rewriting& rewriting) {
  if (product.op != "Mul" || !product.domain.empty() || !is_trunc(only_reader(product, rewriting))) return false;
  const std::size_t constant = rewriting.is_constant(product.inputs.at(1)) ? 1 : 0;
  const Node* average = rewriting.maker_of(product.inputs.at(1 - constant));
  return rewriting.is_constant(product.inputs.at(constant)) && average != nullptr && is_average(*average) &&
         only_reader(*average, rewriting) == &product;
}

Pattern pattern_of(const Node& trunc, const Rewriting& rewriting) {
  Pattern pattern;
  pattern.product = rewriting.maker_of(trunc.inputs.at(0));
  if (pattern.product == nullptr || !joins(*pattern.product, rewriting)) {
    refuse(trunc, std::string("its input is no sum over a window") + kRemedy);
  }
  const Node& product = *pattern.product;
  pattern.average = rewriting.maker_of(product.inputs[rewriting.is_constant(product.inputs[1]) ? 0 : 1]);
  pattern.quant = rewriting.maker_of(pattern.average->inputs.at(0));
  if (pattern.quant == nullptr || pattern.quant->op != "Quant") {
    refuse(trunc, "the average reads '" + pattern.average->inputs[0] + "', which no Quant makes" + kRemedy);
  }
  return pattern;
}

/// [height, width] of the average's window, whose elements the product counts.
Shape window_of(const Node& trunc, const Pattern& pattern, const Rewriting& rewriting) {
  const Shape& x = rewriting.value_of(*pattern.average, 0).shape;
  if (x.size() != 4) refuse(trunc, "averages " + to_string(x) + "; accepted: [n, c, h, w]");
  Shape window = {x[2], x[3]};
  if (pattern.average->op == "AveragePool") window = ints_attribute(*pattern.average, "kernel_shape", window);
  const std::vector<std::int64_t> pads = ints_attribute(*pattern.average, "pads", {});
  const bool padded = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; });
  const std::string fill = string_attribute(*pattern.average, "auto_pad", "NOTSET");
  const bool partial = int_attribute(*pattern.average, "ceil_mode", 0) != 0;
  if (padded || partial || (fill != "NOTSET" && fill != "VALID")) {
    refuse(trunc, "its average has padding or partial windows; accepted: whole windows");
  }
  const Node& product = *pattern.product;
  const float size = one_number(product, rewriting.is_constant(product.inputs[1]) ? 1 : 0, "factor", rewriting);
  if (size != static_cast<float>(window.at(0) * window.at(1))) {
    refuse(trunc, "its average is multiplied by " + number_text(size) +
                      "; accepted: " + std::to_string(window[0] * window[1]) + ", the window's size");
  }
  return window;
}

/// Bits that are dropped.
int dropped_bits(const Node& trunc, const Rewriting& rewriting) {
  const float before = one_number(trunc, 3, "input bitwidth", rewriting);
  const float after = one_number(trunc, 4, "output bitwidth", rewriting);
  const float dropped = before - after;
  if (!(after >= 2.0F && after <= 8.0F && dropped >= 0.0F && dropped <= kMostDropped) ||
      dropped != std::nearbyint(dropped) || after != std::nearbyint(after)) {
    refuse(trunc, "takes " + number_text(before) + " bits to " + number_text(after) +
                      "; accepted: to 2 to 8 whole bits, by dropping up to " + std::to_string(kMostDropped));
  }
  return static_cast<int>(dropped);
}

/// True where activations of the network are rounded down, so that its preset is floor.
bool rounds_down(const Rewriting& rewriting) {
  const std::vector<Node>& nodes = rewriting.source().nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    return node.op == "Quant" && !rewriting.is_constant(node.inputs.at(0)) &&
           rewriting.maker_of(node.inputs[0]) != nullptr && string_attribute(node, "rounding_mode", "ROUND") == "FLOOR";
  });
}

/// floor(s / 2^k) = round((2 s - 2^k + 1) / 2^(k + 1)), which never lies on a tie; the preset may round to nearest.
struct OneWeight {
  std::int64_t weight = 1, bias = 0;
  float scale = 1.0F;  ///< of the weight
};

OneWeight weight_of(const Node& trunc, int dropped, Rewriting* rewriting) {
  const std::string mode = string_attribute(trunc, "rounding_mode", "FLOOR");
  if (mode != "FLOOR" && mode != "ROUND") {
    refuse(trunc, "rounding_mode is '" + mode + "'; accepted: FLOOR, ROUND");
  }
  const bool down = rounds_down(*rewriting);
  rewriting->require_preset(trunc, down ? Preset::kFloor : Preset::kHalfEven);
  if (mode == "ROUND" && down) {
    refuse(trunc, "rounding_mode is 'ROUND' in a network that rounds down; accepted: FLOOR");
  }
  if (mode == "ROUND" || down) return {1, 0, std::ldexp(1.0F, -dropped)};
  return {2, 1 - (std::int64_t{1} << dropped), std::ldexp(1.0F, -dropped - 1)};
}

Node convolution(const Node& trunc, const Pattern& pattern, const Shape& window, std::int64_t channels,
                 const std::vector<std::string>& inputs, const std::string& output) {
  Node node;
  node.name = trunc.name;
  node.op = "Conv";
  node.inputs = inputs;
  node.outputs = {output};
  node.attributes["group"] = channels;
  node.attributes["kernel_shape"] = std::vector<std::int64_t>(window);
  const bool pools = pattern.average->op == "AveragePool";
  node.attributes["strides"] =
      pools ? ints_attribute(*pattern.average, "strides", {1, 1}) : std::vector<std::int64_t>{1, 1};
  return node;
}

}  // namespace

/// The average and the product of a pattern make nothing of their own.
bool rewrite_before_trunc(const Node& node, Rewriting* rewriting) {
  if (node.op == "Mul") return joins(node, *rewriting);
  const Node* product = only_reader(node, *rewriting);
  return product != nullptr && joins(*product, *rewriting);
}

bool rewrite_qonnx_trunc(const Node& node, Rewriting* rewriting) {
  const Pattern pattern = pattern_of(node, *rewriting);
  const Shape window = window_of(node, pattern, *rewriting);
  const float scale = one_number(node, 1, "scale", *rewriting);
  const bool zero = one_number(node, 2, "zero point", *rewriting) == 0.0F &&
                    one_number(*pattern.quant, 2, "zero point", *rewriting) == 0.0F;
  if (!zero || scale != one_number(*pattern.quant, 1, "scale", *rewriting)) {
    refuse(node, "its scale or zero point is not that of " + describe(*pattern.quant) +
                     "; accepted: equal scales, and zero points of 0");
  }
  const int dropped = dropped_bits(node, *rewriting);
  const OneWeight one = weight_of(node, dropped, rewriting);
  const bool is_unsigned = int_attribute(*pattern.quant, "signed", 1) == 0;
  const int bits = static_cast<int>(one_number(node, 4, "output bitwidth", *rewriting));
  const std::int64_t channels = rewriting->value_of(*pattern.average, 0).shape[1];
  const auto constant = [&](const char* what, ElementType type, const Shape& shape, std::int64_t value, float s) {
    const std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)), value);
    const std::string stored = rewriting->add_integers(node.name + what, type, shape, values);
    return rewriting->dequantize(node, stored, rewriting->add_floats(node.name + what + ".scale", {}, {s}), "");
  };
  const std::string weights =
      constant(".weights", ElementType::kInt8, {channels, 1, window[0], window[1]}, one.weight, one.scale);
  const std::string bias = constant(".bias", ElementType::kInt32, {channels}, one.bias, scale * one.scale);
  const Shape shape = rewriting->value_of(node, 0).shape;
  const std::string sum = rewriting->add_tensor(node.name + ".sum", shape);
  rewriting->emit(convolution(node, pattern, window, channels, {pattern.average->inputs[0], weights, bias}, sum));
  const IntegerRangeOfBits range = {is_unsigned ? 0 : -(std::int64_t{1} << (bits - 1)),
                                    (std::int64_t{1} << (is_unsigned ? bits : bits - 1)) - 1, is_unsigned, bits};
  const std::string real = limit_to(node, sum, range, scale, 0, rewriting);
  const ElementType type = is_unsigned ? ElementType::kUint8 : ElementType::kInt8;
  const std::string step = rewriting->add_floats(node.name + ".scale", {}, {scale});
  const std::string zero_point = rewriting->add_integers(node.name + ".zero_point", type, {}, {0});
  const std::string stored = rewriting->add_tensor(node.name + ".integers", shape);
  rewriting->set_type(stored, type);
  emit_quantize(node, real, step, zero_point, bits, stored, rewriting);
  emit_dequantize(node, stored, step, zero_point, bits, 0, node.outputs.at(0), rewriting);
  rewriting->show_as(real, node.outputs[0]);
  return true;
}

}  // namespace systoliq::sw_ref::forms
