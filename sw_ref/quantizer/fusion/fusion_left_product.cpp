// SPDX-License-Identifier: Apache-2.0
// A constant matrix times a computed one: W [m, k] · X [k, n] is a convolution of X, whose rows are its channels.
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// With n = 1 the kernel covers the whole input, else it is 1 × 1: the rows of X have to be channels, and are moved
/// there where they are not.
void Lowering::lower_left_product(const Node& node) {
  view_of(node, 1);  // refuses what is no layer's output
  const Shape right = shape_of(node.inputs[1]);
  Constant weights = constant_of(node, 0, "weights");
  const Shape& left = weights.values.shape;
  if (left.size() != 2 || right.size() < 2 || left[1] != right[right.size() - 2] ||
      left[1] * right.back() != element_count(right)) {
    refuse(node, "multiplies the constant " + to_string(left) + " by " + to_string(right) +
                     "; accepted: a constant [m, k] by a computed [k, n]");
  }
  const std::int64_t rows = left[0];
  const std::int64_t depth = left[1];
  if (right.back() == 1) return lower_left_column(node, std::move(weights));
  const auto channels_of = [&](const View& view) {
    const Shape& shape = nth(network_.tensors, view.tensor).shape;
    return row_major_axes({depth, shape[2] * shape[3]})[0];
  };
  const View& whole = whole_view(node, 1);
  if (nth(network_.tensors, whole.tensor).shape[1] != depth ||
      whole.axes[whole.axes.size() - 2] != channels_of(whole)) {
    move_columns(node);
  }
  const View view = view_of(node, 1);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  weights.values.shape = {rows, depth, 1, 1};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, rows, input[2], input[3]});
  layer.weights = std::move(weights);
  View output = {layer.output, view.axes, true};
  output.axes[output.axes.size() - 2] = row_major_axes({rows, input[2] * input[3]})[0];
  views_[node.outputs[0]] = output;
}

/// Weights lie as the elements of the column do.
void Lowering::lower_left_column(const Node& node, Constant weights) {
  const View view = whole_view(node, 1);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  const std::int64_t rows = weights.values.shape[0];
  const std::int64_t depth = weights.values.shape[1];
  const std::vector<std::int64_t> places = places_of(view.axes);
  const std::vector<double> given = weights.values.data;
  for (std::int64_t i = 0; i < rows * depth; ++i) {
    nth(weights.values.data, i / depth * depth + nth(places, i % depth)) = nth(given, i);
  }
  weights.values.shape = {rows, input[1], input[2], input[3]};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, rows, 1, 1});
  layer.fully_connected = true;
  layer.window.kernel_height = static_cast<int>(input[2]);
  layer.window.kernel_width = static_cast<int>(input[3]);
  layer.weights = std::move(weights);
}

/// Rows of the right matrix become channels, and columns the pixels of one line.
void Lowering::move_columns(const Node& node) {
  const std::string& name = node.inputs[1];
  const std::vector<Offsets> axes = view_of(node, 1).axes;
  const Offsets& rows = axes[axes.size() - 2];
  const auto depth = static_cast<std::int64_t>(rows.size());
  const auto columns = static_cast<std::int64_t>(axes.back().size());
  const int tensor = add_move(name, describe(node), {rows, {0}, axes.back()});
  views_[name] = {tensor, row_major_axes(shape_of(name)), true};
  views_[name].axes[axes.size() - 2] = row_major_axes({depth, columns})[0];
}

}  // namespace systoliq::sw_ref
