// SPDX-License-Identifier: Apache-2.0
// Sums, differences and products of two tensors, and what becomes several layers: tensors between them are none of the
// graph and take the scale of one that is.
#include <algorithm>
#include <cmath>

#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {

void Lowering::lower_two_tensors(const Node& node) {
  if (node.op == "Add" || node.op == "Sum") return lower_add(node);
  if (node.op == "Div") {
    refuse(node,
           "divides two tensors; accepted: division by constants, and sums, differences and products of two tensors");
  }
  if (node.op == "Mul") return add_pair(node, LayerOp::kMultiply);
  add_pair(node, LayerOp::kAdd, true);
}

/// Two operands of one shape lie alike afterwards.
void Lowering::align(const Node& node) {
  whole_view(node, 0);
  whole_view(node, 1);
  const View& a = view_of(node, 0);
  const View& b = view_of(node, 1);
  if (a.axes == b.axes && nth(network_.tensors, a.tensor).shape == nth(network_.tensors, b.tensor).shape) return;
  image_of(node, 0);
  image_of(node, 1);
}

/// A layer of two tensors of one shape, or of which one repeats: a single pixel over the image, which becomes the
/// second operand, and a single channel over the channels. `subtracts`: the second one counts negative.
void Lowering::add_pair(const Node& node, LayerOp op, bool subtracts) {
  const Shape first = shape_of(node.inputs.at(0));
  const Shape second = shape_of(node.inputs.at(1));
  const auto operand = [&](int tensor) { return subtracts ? add_negation(node, tensor) : tensor; };
  if (first == second) {
    align(node);
    const View view = view_of(node, 0);
    add_elementwise(node, op, {view.tensor, operand(view_of(node, 1).tensor)}, view);
    return;
  }
  int a = tensor_of(node, 0);
  int b = operand(tensor_of(node, 1));
  const auto as_computed = [&](int tensor, const Shape& shape) {
    return with_height(shape) == nth(network_.tensors, tensor).shape;
  };
  if (first.size() > 2 && as_computed(a, first) && as_computed(b, second)) {
    if (first[1] == 1) a = repeat_channel(node, a, second[1]);
    if (second[1] == 1) b = repeat_channel(node, b, first[1]);
  }
  const Shape shape_a = nth(network_.tensors, a).shape;
  const Shape shape_b = nth(network_.tensors, b).shape;
  const auto is_pixel = [](const Shape& shape) { return shape[2] == 1 && shape[3] == 1; };
  const bool repeats =
      shape_a[1] == shape_b[1] && (is_pixel(shape_a) || is_pixel(shape_b)) && first.size() == second.size();
  const bool equal = shape_a == shape_b && element_count(shape_of(node.outputs.at(0))) == element_count(shape_a);
  if (!equal && !repeats) {
    refuse(node, "combines " + to_string(first) + " and " + to_string(second) +
                     "; accepted: equal shapes, or one that is a single pixel, a single channel, or both");
  }
  const bool swapped = is_pixel(shape_a) && !is_pixel(shape_b);
  add_layer(node, op, swapped ? std::vector<int>{b, a} : std::vector<int>{a, b}, swapped ? shape_b : shape_a);
}

/// The same channel many times, by concatenation, which moves integers.
int Lowering::repeat_channel(const Node& node, int tensor, std::int64_t channels) {
  if (channels == 1) return tensor;
  const std::vector<int> copies(static_cast<std::size_t>(channels), tensor);
  const FusedLayer& layer =
      add_derived_layer(node, fresh_name(node.name + ".repeated"), LayerOp::kConcat, copies, tensor);
  nth(network_.tensors, layer.output).shape[1] = channels;
  return layer.output;
}

/// Real factors, one a channel, as integers 1, 0 and -1 whose scales are their magnitudes: nothing is rounded.
Constant Lowering::exact_factors(const Constant& constant, const std::vector<double>& values) {
  Constant factors;
  factors.name = constant.name;
  factors.type = ElementType::kInt8;
  factors.values = Tensor<double>({static_cast<std::int64_t>(values.size()), 1, 1, 1});
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto magnitude = static_cast<float>(std::abs(values[c]));
    if (!std::isnormal(magnitude) && magnitude != 0.0F) {
      throw InputError("constant '" + constant.name + "' holds " + number_text(values[c]) + " in channel " +
                       std::to_string(c) + "; accepted: normal floats and 0");
    }
    factors.values.data[c] = magnitude == 0.0F ? 0.0 : values[c] < 0.0 ? -1.0 : 1.0;
    factors.scales.push_back(magnitude == 0.0F ? 1.0F : magnitude);
  }
  return factors;
}

/// A tensor of the same scale and mirrored integers: -(q - Z) = (-q - 1) - (-Z - 1).
int Lowering::add_negation(const Node& node, int tensor) {
  const std::string name = fresh_name(node.name + ".negated");
  FunctionStep step;
  step.op = "Neg";
  step.operands.emplace_back();
  FusedLayer& layer = add_derived_layer(node, name, LayerOp::kLookup, {tensor}, tensor);
  nth(network_.tensors, layer.output).mirrored = true;
  layer.function = {step};
  return layer.output;
}

/// A layer whose output is no tensor of the graph and has the scale of tensor `like`.
FusedLayer& Lowering::add_derived_layer(const Node& node, const std::string& name, LayerOp op,
                                        const std::vector<int>& inputs, int like) {
  FusedLayer layer;
  layer.name = name;
  layer.where = describe(node);
  layer.op = op;
  layer.inputs = inputs;
  layer.output = static_cast<int>(network_.tensors.size());
  FusedTensor tensor;
  tensor.name = name;
  tensor.shape = nth(network_.tensors, inputs.at(0)).shape;
  tensor.scale_of = like;
  network_.tensors.push_back(tensor);
  network_.layers.push_back(std::move(layer));
  return network_.layers.back();
}

/// x where it is positive, else slope · x, by layers that agree with it to the integer: the positive part, the negative
/// part at the input's scale, that times the slopes at the output's scale, and their sum, of which one is always 0.
void Lowering::lower_prelu(const Node& node) {
  const View view = whole_view(node, 0);
  const int tensor = view.tensor;
  const Shape image = nth(network_.tensors, tensor).shape;
  const Constant& slope = constant_of(node, 1, "slope");
  const std::optional<std::vector<double>> slopes = channel_values(node, 1);
  if (!slopes || slope.scales.size() > 1) {
    refuse(node, "slope '" + slope.name + "' of shape " + to_string(slope.values.shape) +
                     " is not one value, or one per channel, of one scale; accepted: those");
  }
  const int output = static_cast<int>(network_.tensors.size()) + 3;
  FusedLayer& positive =
      add_derived_layer(node, fresh_name(node.name + ".positive"), LayerOp::kLookup, {tensor}, output);
  positive.clamp_low = 0.0;
  const int kept = positive.output;
  FusedLayer& negative =
      add_derived_layer(node, fresh_name(node.name + ".negative"), LayerOp::kLookup, {tensor}, tensor);
  negative.clamp_high = 0.0;
  const int below = negative.output;
  FusedLayer& scaled =
      add_derived_layer(node, fresh_name(node.name + ".scaled"), LayerOp::kConvolution, {below}, output);
  scaled.groups = static_cast<int>(image[1]);
  const bool in_float = input_.quantized && !slope.is_quantized();
  scaled.weights = in_float ? exact_factors(slope, *slopes) : slope;
  scaled.weights.axis = 0;
  scaled.weights.values = Tensor<double>({image[1], 1, 1, 1}, in_float ? scaled.weights.values.data : *slopes);
  const int sum = scaled.output;
  const FusedLayer& joined = add_elementwise(node, LayerOp::kAdd, {kept, sum}, view);
  check(joined.output == output, "the layers of a PRelu are out of order");
}

}  // namespace systoliq::sw_ref
