// SPDX-License-Identifier: Apache-2.0
// Products and sums with constants: folded into weights before them, one weight and bias per channel, or a constant
// tensor that is added or multiplied.
#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
/// The constant's values at every place of `full`, or nothing where its shape does not broadcast to that.
std::optional<Tensor<double>> Lowering::broadcast(const Constant& constant, const Shape& full) {
  Tensor<double> values = constant.values;
  Shape& shape = values.shape;
  while (shape.size() > full.size() && shape.front() == 1) shape.erase(shape.begin());
  const bool fits = shape.size() <= full.size() &&
                    std::equal(shape.rbegin(), shape.rend(), full.rbegin(),
                               [](std::int64_t size, std::int64_t whole) { return size == 1 || size == whole; });
  if (!fits) return {};
  return moved(values, broadcast_walk(shape, full));
}

/// Values of a view's elements, as they lie in its tensor of shape `image`.
Tensor<double> Lowering::in_tensor_order(const Tensor<double>& values, const View& view, const Shape& image) {
  return Tensor<double>(image, Layout{view.axes, values.shape}.to_tensor(values.data));
}

/// One value per channel of `image`, or nothing where they differ within a channel.
std::optional<std::vector<double>> Lowering::by_channel(const Tensor<double>& full, const Shape& image) {
  const auto plane = static_cast<std::size_t>(image[2] * image[3]);
  std::vector<double> channels;
  for (std::size_t i = 0; i < full.data.size(); ++i) {
    if (i % plane == 0) channels.push_back(full.data[i]);
    if (full.data[i] != channels.back()) return {};
  }
  return channels;
}

/// The values of a constant operand in the order of the other operand's tensor. That operand must have the shape of the
/// node's output.
Tensor<double> Lowering::full_constant(const Node& node, std::size_t constant) {
  const Shape& full = shape_of(node.outputs.at(0));
  const Constant& given = constant_of(node, constant, "operand");
  charge(describe(node), full);
  std::optional<Tensor<double>> values = broadcast(given, full);
  if (!values || full != shape_of(node.inputs[1 - constant])) {
    refuse(node, "combines '" + node.inputs[1 - constant] + "' of shape " +
                     to_string(shape_of(node.inputs[1 - constant])) + " with the constant '" + given.name +
                     "' of shape " + to_string(given.values.shape) +
                     "; accepted: constants that broadcast to the other operand's shape");
  }
  const View view = whole_view(node, 1 - constant);
  return in_tensor_order(*values, view, nth(network_.tensors, view.tensor).shape);
}

/// The values of a constant operand by channel of the other operand's tensor, or nothing where they differ within one.
std::optional<std::vector<double>> Lowering::channel_values(const Node& node, std::size_t constant) {
  const Shape& full = shape_of(node.outputs.at(0));
  const Constant& given = constant_of(node, constant, "operand");
  if (full == shape_of(node.inputs[1 - constant])) {
    const View& view = whole_view(node, 1 - constant);
    const Shape& image = nth(network_.tensors, view.tensor).shape;
    if (varies_by_channel_alone(given.values.shape, view.axes, image)) {
      const std::vector<double>& values = given.values.data;
      if (values.size() == 1) return std::vector<double>(static_cast<std::size_t>(image[1]), values[0]);
      if (static_cast<std::int64_t>(values.size()) == image[1]) return values;
    }
  }
  const Tensor<double> values = full_constant(node, constant);
  return by_channel(values, values.shape);
}

/// y = factor · x + shift of a product, quotient, sum or difference with a constant of one value per channel.
std::optional<Lowering::Affine> Lowering::affine_of(const Node& node, std::size_t constant) {
  if (input_.quantized || (node.op == "Div" && constant == 0)) return {};
  const std::optional<std::vector<double>> values = channel_values(node, constant);
  if (!values) return {};
  const auto with = [&](double factor, double shift) {
    Affine affine;
    for (const double c : *values) {
      affine.factor.push_back(node.op == "Mul" ? c : node.op == "Div" ? 1.0 / c : factor);
      affine.shift.push_back(node.op == "Mul" || node.op == "Div" ? 0.0 : shift * c);
      if (std::isfinite(affine.factor.back()) && std::isfinite(affine.shift.back())) continue;
      refuse(node, "operand " + number_text(c) + " of channel " + std::to_string(affine.factor.size() - 1) +
                       " leaves no finite result; accepted: finite numbers, and none of 0 to divide by");
    }
    return affine;
  };
  if (node.op != "Sub") return with(1.0, 1.0);
  return constant == 1 ? with(1.0, -1.0) : with(-1.0, 1.0);
}

/// Into the weights and bias of a convolution whose output nothing else reads; false where there is none.
bool Lowering::fold_affine(const Node& node) {
  if (node.inputs.size() != 2 || is_constant(node.inputs[0]) == is_constant(node.inputs[1])) return false;
  const std::size_t constant = is_constant(node.inputs[0]) ? 0 : 1;
  if (fold_into_average(node, constant)) return true;
  if (!is_linear(open_layer(node.inputs[1 - constant]))) return false;
  if (node.op == "Add" || node.op == "Sum") return fold_bias(node, constant);
  if (node.op != "Mul" && node.op != "Div" && node.op != "Sub") return false;
  const std::optional<Affine> affine = affine_of(node, constant);
  if (!affine) return false;
  FusedLayer& layer = *open_layer(node.inputs[1 - constant]);
  std::vector<double>& weights = layer.weights.values.data;
  const std::size_t channels = affine->factor.size();
  const std::size_t filter = weights.size() / channels;
  if (layer.bias.values.data.empty()) layer.bias.values = Tensor<double>({static_cast<std::int64_t>(channels)});
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = c * filter; i < (c + 1) * filter; ++i) weights[i] *= affine->factor[c];
    layer.bias.values.data[c] = layer.bias.values.data[c] * affine->factor[c] + affine->shift[c];
  }
  rename_output(layer, node.outputs.at(0));
  return true;
}

/// A product or quotient with one number that only convolutions and matrix products read is a factor of their weights:
/// such a scaling of pixels costs nothing, and the first convolution still reads the network's input.
bool Lowering::fold_into_readers(const Node& node) {
  const std::string& output = node.outputs.at(0);
  const auto users = consumers_.find(output);
  if (input_.quantized || (node.op != "Mul" && node.op != "Div") || users == consumers_.end()) return false;
  const bool absorbed = std::all_of(users->second.begin(), users->second.end(), [&](const Node* user) {
    return user != nullptr && (user->op == "Conv" || user->op == "Gemm" || user->op == "MatMul") &&
           user->inputs.at(0) == output && std::count(user->inputs.begin(), user->inputs.end(), output) == 1;
  });
  const std::size_t constant = is_constant(node.inputs.at(0)) ? 0 : 1;
  const bool divides = node.op == "Div";
  const std::string& input = node.inputs.at(1 - constant);
  if (!absorbed || is_constant(input) || !is_constant(node.inputs[constant]) || gathered_.count(input) != 0 ||
      pads_.count(input) != 0 || (divides && constant == 0)) {
    return false;
  }
  const View& view = view_of(node, 1 - constant);
  if (!view.whole || !is_row_major(view.axes)) return false;
  const double value = scalar_of(constant_of(node, constant, "operand"));
  const double factor = divides ? 1.0 / value : value;
  if (!std::isfinite(factor)) return false;
  views_[output] = View(view);
  factors_[output] = {{factor}, {0.0}};
  return true;
}

/// A factor and a shift for each feature that only matrix products read: W (k x + s) + b = (W k) x + (W s + b).
bool Lowering::leave_to_products(const Node& node, const Affine& affine) {
  const std::string& output = node.outputs.at(0);
  const auto users = consumers_.find(output);
  const View view = whole_view(node, 0);
  const Shape& image = nth(network_.tensors, view.tensor).shape;
  if (users == consumers_.end() || static_cast<std::int64_t>(affine.factor.size()) != element_count(image))
    return false;
  const bool absorbed = std::all_of(users->second.begin(), users->second.end(), [&](const Node* user) {
    return user != nullptr && (user->op == "Gemm" || user->op == "MatMul") && user->inputs.at(0) == output;
  });
  if (!absorbed) return false;
  const Layout order = {view.axes, shape_of(output)};
  views_[output] = view;
  factors_[output] = {order.to_tensor(affine.factor), order.to_tensor(affine.shift)};
  return true;
}

/// Takes over what fold_into_readers() and leave_to_products() left to the layer that reads `input`.
void Lowering::scale_weights(const std::string& input, FusedLayer* layer) const {
  const auto left = factors_.find(input);
  if (left == factors_.end()) return;
  const Affine& affine = left->second;
  std::vector<double>& weights = layer->weights.values.data;
  const std::size_t features = affine.factor.size();  // 1: of all of them
  std::vector<double>& bias = layer->bias.values.data;
  if (features > 1 && bias.empty()) layer->bias.values = Tensor<double>({layer->weights.values.shape[0]});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (features > 1) bias[i / features] += weights[i] * affine.shift[i % features];
    weights[i] *= affine.factor[i % features];
  }
}

/// A depthwise 1 × 1 convolution.
void Lowering::add_channel_layer(const Node& node, const View& view, const Affine& affine) {
  const Shape shape = nth(network_.tensors, view.tensor).shape;
  FusedLayer& layer = add_elementwise(node, LayerOp::kConvolution, {view.tensor}, view);
  layer.groups = static_cast<int>(shape[1]);
  layer.weights.name = node.name + ".factor";
  layer.weights.values = Tensor<double>({shape[1], 1, 1, 1}, affine.factor);
  layer.bias.name = node.name + ".shift";
  layer.bias.values = Tensor<double>({shape[1]}, affine.shift);
  if (input_.quantized) layer.weights = exact_factors(layer.weights, affine.factor);
}

/// A tensor of the network that no layer computes; one for each constant and shape.
int Lowering::add_constant(const Constant& constant, const Tensor<double>& values, const Shape& image) {
  const auto known = std::find_if(network_.constants.begin(), network_.constants.end(), [&](const auto& entry) {
    return entry.second.name == constant.name && nth(network_.tensors, entry.first).shape == image &&
           entry.second.zero_point == constant.zero_point && entry.second.values.data == values.data;
  });
  if (known != network_.constants.end()) return known->first;
  if (constant.scales.size() > 1) {
    throw InputError("constant '" + constant.name +
                     "' has a scale per channel; accepted: one scale for an operand of " + "a sum or product");
  }
  const int index = static_cast<int>(network_.tensors.size());
  network_.tensors.push_back({fresh_name(constant.name), image, {}, {}});
  Constant placed = constant;
  placed.values = Tensor<double>(image, values.data);
  network_.constants[index] = std::move(placed);
  return index;
}

/// Sum, difference or product with a constant that varies within a channel, or is quantized.
void Lowering::lower_with_constant(const Node& node, std::size_t constant) {
  Tensor<double> values = full_constant(node, constant);
  const View view = view_of(node, 1 - constant);
  const Shape image = values.shape;
  Constant operand = constant_of(node, constant, "operand");
  const bool in_float = input_.quantized && !operand.is_quantized();
  const std::optional<std::vector<double>> factors = by_channel(values, image);
  if (in_float && factors && (node.op == "Mul" || (node.op == "Div" && constant == 1))) {
    return add_exact_layer(node, view, operand, *factors);
  }
  if (node.op == "Div" && (constant == 0 || input_.quantized)) {
    refuse(node, "divides " + std::string(constant == 0 ? "a constant by a tensor" : "by a quantized constant") +
                     " of several values; accepted: division by one number, and by constants in float networks");
  }
  if (node.op == "Div") {
    for (double& value : values.data) value = 1.0 / value;
  }
  if (node.op == "Sub" && constant == 1) negate(&operand, &values);
  const int first = node.op == "Sub" && constant == 0 ? add_negation(node, view.tensor) : view.tensor;
  if (node.op != "Mul" && node.op != "Div") {
    const int second = add_constant(operand, values, image);
    add_elementwise(node, LayerOp::kAdd, {first, second}, view);
    return;
  }
  const std::optional<std::vector<double>> channels = by_channel(values, image);
  const int second = channels ? add_constant(operand, Tensor<double>({image[1]}, *channels), {1, image[1], 1, 1})
                              : add_constant(operand, values, image);
  add_elementwise(node, LayerOp::kMultiply, {first, second}, view);
}

/// A depthwise convolution by factors in float between integers.
void Lowering::add_exact_layer(const Node& node, const View& view, const Constant& constant,
                               std::vector<double> factors) {
  if (node.op == "Div") {
    for (double& factor : factors) factor = double{static_cast<float>(1.0 / factor)};
  }
  const Shape shape = nth(network_.tensors, view.tensor).shape;
  FusedLayer& layer = add_elementwise(node, LayerOp::kConvolution, {view.tensor}, view);
  layer.groups = static_cast<int>(shape[1]);
  layer.weights = exact_factors(constant, factors);
}

/// -real: of stored integers -(q - Z) = (-q - 1) - (-Z - 1), which stays in the same range.
void Lowering::negate(Constant* constant, Tensor<double>* values) {
  const double step = constant->is_quantized() ? 1.0 : 0.0;
  for (double& value : values->data) value = -value - step;
  if (constant->is_quantized()) constant->zero_point = -constant->zero_point - 1;
  constant->name += ".negated";
}

void Lowering::lower_arithmetic(const Node& node) {
  if (node.op == "Sum" && node.inputs.size() == 1) return keep_value(node);
  if (node.inputs.size() != 2) {
    refuse(node, "has " + std::to_string(node.inputs.size()) + " operands; accepted: two");
  }
  const bool first = is_constant(node.inputs[0]);
  if (!first && !is_constant(node.inputs[1])) return lower_two_tensors(node);
  if (fold_affine(node)) return;
  const std::size_t constant = first ? 0 : 1;
  const std::optional<Affine> affine = affine_of(node, constant);
  if (affine) return add_channel_layer(node, view_of(node, 1 - constant), *affine);
  lower_with_constant(node, constant);
}

/// y = factor · x + shift of a normalization that is not directly behind a convolution.
void Lowering::lower_normalization(const Node& node, const std::vector<double>& factor,
                                   const std::vector<double>& shift) {
  const View view = whole_view(node, 0);
  if (nth(network_.tensors, view.tensor).shape[1] != static_cast<std::int64_t>(factor.size())) {
    if (!input_.quantized && leave_to_products(node, {factor, shift})) return;
    refuse(node, "normalizes " + std::to_string(factor.size()) + " channels of a layer's output " +
                     to_string(nth(network_.tensors, view.tensor).shape) +
                     "; accepted: its channels, or, of features, a normalization that only matrix products read");
  }
  add_channel_layer(node, view, {factor, shift});
}

}  // namespace systoliq::sw_ref
