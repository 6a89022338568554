// SPDX-License-Identifier: Apache-2.0
// Operators with weights: Conv, and Gemm or MatMul as a convolution whose kernel covers its whole input; and what folds
// into their weights and bias.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Constant [m, n] or [n, m] as [o, i], multiplied by `factor` (1 for integers).
Constant output_major(const Node& node, const Constant& constant, bool transposed, double factor) {
  if (constant.values.shape.size() != 2) {
    refuse(node, "weights '" + constant.name + "' have shape " + to_string(constant.values.shape) +
                     "; accepted: a constant matrix");
  }
  Constant result = transposed ? constant : transpose(constant, {1, 0});
  if (factor != 1.0) {
    for (double& value : result.values.data) value *= factor;
  }
  return result;
}

/// Element of `constant` that broadcasting of its shape to `full` puts at row-major position `position`.
double broadcast_element(const Constant& constant, const Shape& full, std::int64_t position) {
  const Shape& shape = constant.values.shape;
  std::int64_t source = 0;
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < full.size(); ++i) {
    const std::int64_t index = position % full[full.size() - 1 - i];
    position /= full[full.size() - 1 - i];
    if (i < shape.size()) {
      const std::int64_t size = shape[shape.size() - 1 - i];
      if (size != 1) source += index * stride;
      stride *= size;
    }
  }
  return nth(constant.values.data, source);
}

/// Weights [o, features] of a kernel that covers the whole tensor, where the features lie as the view says.
void put_features(const View& view, const Shape& image, Constant* weights) {
  const std::vector<std::int64_t> places = places_of(view.axes);
  const auto features = static_cast<std::int64_t>(places.size());
  const std::vector<double> given = weights->values.data;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(given.size()); ++i) {
    nth(weights->values.data, i / features * features + nth(places, i % features)) = nth(given, i);
  }
  weights->values.shape = {weights->values.shape[0], image[1], image[2], image[3]};
}

Shape sizes_of(const std::vector<Offsets>& axes) {
  Shape sizes;
  for (const Offsets& axis : axes) sizes.push_back(static_cast<std::int64_t>(axis.size()));
  return sizes;
}

bool broadcasts_to(const Shape& shape, const Shape& full) {
  if (shape.size() > full.size()) {
    return std::all_of(shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(full.size()),
                       [](std::int64_t size) { return size == 1; }) &&
           broadcasts_to(Shape(shape.end() - static_cast<std::ptrdiff_t>(full.size()), shape.end()), full);
  }
  return std::equal(shape.rbegin(), shape.rend(), full.rbegin(),
                    [](std::int64_t size, std::int64_t whole) { return size == 1 || size == whole; });
}

}  // namespace

bool is_linear(const FusedLayer* layer) {
  return layer != nullptr && has_weights(layer->op) && std::isinf(layer->clamp_low) && std::isinf(layer->clamp_high);
}

void Lowering::lower_convolution(const Node& node) {
  const Shape shape = image_shape(node, 0);
  int tensor = tensor_of(node, 0);
  const Constant& weights = constant_of(node, 1, "weights");
  const std::int64_t groups = int_attribute(node, "group", 1);
  if (weights.values.shape.size() != shape.size() || groups < 1 || weights.values.shape[1] * groups != shape[1] ||
      weights.values.shape[0] % groups != 0) {
    refuse(node, "weights '" + weights.name + "' of shape " + to_string(weights.values.shape) + " in " +
                     std::to_string(groups) + " groups do not fit an input of " + to_string(shape));
  }
  Window window = window_of(node, shape, weights.values.shape);
  absorb_pad(node, 0, &window, &tensor);
  const Shape output = with_height(shape_of(node.outputs.at(0)));
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {tensor}, output);
  layer.window = window;
  layer.groups = static_cast<int>(groups);
  layer.weights = weights;
  layer.weights.values.shape = with_height(weights.values.shape);
  scale_weights(node.inputs[0], &layer);
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    layer.bias = channel_bias(node, constant_of(node, 2, "bias"), row_major_axes({1, output[1]}), {1, output[1], 1, 1});
  }
}

/// Rows of features [..., rows, features] times [features, outputs]: one row is a convolution whose kernel covers its
/// input, weights lying as the features do; of several rows each is a pixel.
void Lowering::lower_matrix_product(const Node& node) {
  const bool gemm = node.op == "Gemm";
  if (!gemm && node.inputs.size() == 2 && is_constant(node.inputs[0])) return lower_left_product(node);
  view_of(node, 0);  // refuses what is no layer's output
  const Shape rows = shape_of(node.inputs[0]);
  if (rows.empty()) refuse(node, "multiplies " + to_string(rows) + "; accepted: rows of features, [rows, features]");
  const std::int64_t features = rows.back();
  if (int_attribute(node, "transA", 0) != 0) refuse(node, "transA is set; accepted: 0");
  const double alpha = double{float_attribute(node, "alpha", 1.0F)};
  const double beta = double{float_attribute(node, "beta", 1.0F)};
  if (input_.quantized && (alpha != 1.0 || beta != 1.0)) {
    refuse(node, "alpha or beta is not 1 and would multiply integers; accepted: 1");
  }
  const bool transposed = gemm && int_attribute(node, "transB", 0) != 0;
  Constant weights = output_major(node, constant_of(node, 1, "weights"), transposed, alpha);
  if (weights.values.shape[1] != features) {
    refuse(node, "weights '" + weights.name + "' take " + std::to_string(weights.values.shape[1]) + " features, " +
                     std::to_string(features) + " are given");
  }
  if (element_count(rows) != features) return lower_rows_product(node, std::move(weights), beta);
  const View view = whole_view(node, 0);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  const std::int64_t outputs = weights.values.shape[0];
  put_features(view, input, &weights);
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, outputs, 1, 1});
  layer.fully_connected = true;
  layer.window.kernel_height = static_cast<int>(input[2]);
  layer.window.kernel_width = static_cast<int>(input[3]);
  layer.weights = std::move(weights);
  scale_weights(node.inputs[0], &layer);
  add_product_bias(node, beta, &layer);
}

void Lowering::lower_rows_product(const Node& node, Constant weights, double beta) {
  const Shape rows = shape_of(node.inputs[0]);
  const std::int64_t features = rows.back();
  const auto lie_as_pixels = [&](const View& view) {
    const Shape& shape = nth(network_.tensors, view.tensor).shape;
    return shape[1] == features && view.axes.back() == strided_axis(features, shape[2] * shape[3]);
  };
  if (!lie_as_pixels(whole_view(node, 0))) move_rows(node, 0);
  const View view = view_of(node, 0);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  const std::int64_t outputs = weights.values.shape[0];
  weights.values.shape = {outputs, features, 1, 1};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, outputs, input[2], input[3]});
  layer.fully_connected = true;
  layer.weights = std::move(weights);
  scale_weights(node.inputs[0], &layer);
  View output = {layer.output, view.axes, true};
  output.axes.back() = strided_axis(outputs, input[2] * input[3]);
  views_[node.outputs[0]] = output;
  add_product_bias(node, beta, &layer);
}

/// Features become channels, and rows the pixels of one line.
void Lowering::move_rows(const Node& node, std::size_t input) {
  move_columns(node, input, view_of(node, input).axes.size() - 1);
}

/// The same of features along any axis.
void Lowering::move_columns(const Node& node, std::size_t input, std::size_t features) {
  const std::string& name = node.inputs[input];
  std::vector<Offsets> others = view_of(node, input).axes;
  const Offsets channels = others[features];
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(features));
  charge(describe(node), shape_of(name));
  const Offsets pixels = places_of(others);
  const int tensor = add_move(name, describe(node), {channels, {0}, pixels});
  Shape left = shape_of(name);
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(features));
  std::vector<Offsets> axes = row_major_axes(left);
  const Shape matrix = {static_cast<std::int64_t>(channels.size()), static_cast<std::int64_t>(pixels.size())};
  axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(features), row_major_axes(matrix)[0]);
  views_[name] = {tensor, std::move(axes), true};
}

/// [outputs, features] times columns of features [..., features, columns]: columns are pixels.
void Lowering::lower_left_product(const Node& node) {
  Constant weights = constant_of(node, 0, "weights");
  view_of(node, 1);  // refuses what is no layer's output
  const Shape columns = shape_of(node.inputs[1]);
  if (weights.values.shape.size() != 2 || columns.size() < 2 ||
      columns[columns.size() - 2] != weights.values.shape[1]) {
    refuse(node, "multiplies weights '" + weights.name + "' of shape " + to_string(weights.values.shape) + " by " +
                     to_string(columns) + "; accepted: [outputs, features] by [..., features, columns]");
  }
  const std::size_t features = columns.size() - 2;
  const View& given = whole_view(node, 1);
  if (element_count(columns) == weights.values.shape[1]) return lower_column(node, std::move(weights));
  const Shape& lies = nth(network_.tensors, given.tensor).shape;
  const bool as_pixels =
      lies[1] == columns[features] && given.axes[features] == strided_axis(lies[1], lies[2] * lies[3]);
  if (!as_pixels) move_columns(node, 1, features);
  const View view = view_of(node, 1);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  const std::int64_t outputs = weights.values.shape[0];
  weights.values.shape = {outputs, input[1], 1, 1};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, outputs, input[2], input[3]});
  layer.fully_connected = true;
  layer.weights = std::move(weights);
  View output = {layer.output, view.axes, true};
  output.axes[features] = strided_axis(outputs, input[2] * input[3]);
  views_[node.outputs[0]] = output;
}

/// One column: the kernel covers the whole input.
void Lowering::lower_column(const Node& node, Constant weights) {
  const View view = view_of(node, 1);
  const Shape input = nth(network_.tensors, view.tensor).shape;
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {view.tensor}, {1, weights.values.shape[0], 1, 1});
  put_features(view, input, &weights);
  layer.fully_connected = true;
  layer.window.kernel_height = static_cast<int>(input[2]);
  layer.window.kernel_width = static_cast<int>(input[3]);
  layer.weights = std::move(weights);
}

/// Added to a bias that scale_weights() may have left.
void Lowering::add_product_bias(const Node& node, double beta, FusedLayer* layer) {
  if (node.inputs.size() < 3 || node.inputs[2].empty()) return;
  const Shape& output = nth(network_.tensors, layer->output).shape;
  const std::vector<double> before = layer->bias.values.data;
  layer->bias = channel_bias(node, constant_of(node, 2, "bias"), views_.at(node.outputs[0]).axes, output);
  std::vector<double>& values = layer->bias.values.data;
  if (beta != 1.0) {
    for (double& value : values) value *= beta;
  }
  for (std::size_t c = 0; c < before.size(); ++c) values[c] += before[c];
}

/// One value per channel of a normalization.
const std::vector<double>& Lowering::channel_parameter(const Node& node, std::size_t input, const char* what,
                                                       std::size_t channels) {
  const Constant& constant = constant_of(node, input, what);
  if (constant.values.data.size() != channels) {
    refuse(node, std::string(what) + " '" + constant.name + "' has " + std::to_string(constant.values.data.size()) +
                     " values for " + std::to_string(channels) + " channels");
  }
  return constant.values.data;
}

/// y = (x - mean) * k + shift with k = scale / sqrt(variance + epsilon), folded into the weights and bias before it, or
/// a layer of its own where there are none.
void Lowering::fold_batch_norm(const Node& node) {
  FusedLayer* layer = open_layer(node.inputs.at(0));
  const bool folds = is_linear(layer);
  if (int_attribute(node, "training_mode", 0) != 0) refuse(node, "training_mode is set; accepted: 0");
  const auto channels = folds ? static_cast<std::size_t>(layer->weights.values.shape[0])
                              : constant_of(node, 1, "scale").values.data.size();
  const View& view = whole_view(node, 0);
  const Shape& made = nth(network_.tensors, view.tensor).shape;
  const bool by_channel = view.axes.size() > 1 && static_cast<std::int64_t>(view.axes[1].size()) == made[1];
  if (view.axes.size() < 2 || (by_channel && view.axes[1] != strided_axis(made[1], made[2] * made[3]))) {
    refuse(node, "normalizes axis 1 of " + to_string(shape_of(node.inputs[0])) +
                     ", which is not the channels of a layer's output " + to_string(made) + "; accepted: those");
  }
  const std::vector<double>& scale = channel_parameter(node, 1, "scale", channels);
  const std::vector<double>& shift = channel_parameter(node, 2, "bias", channels);
  const std::vector<double>& mean = channel_parameter(node, 3, "mean", channels);
  const std::vector<double>& variance = channel_parameter(node, 4, "variance", channels);
  const double epsilon = double{float_attribute(node, "epsilon", 1e-5F)};
  std::vector<double> factors;
  for (std::size_t c = 0; c < channels; ++c) {
    factors.push_back(scale[c] / std::sqrt(variance[c] + epsilon));
    if (std::isfinite(factors[c])) continue;
    refuse(node, "variance + epsilon of channel " + std::to_string(c) + " is not positive");
  }
  if (!folds || input_.quantized) {
    std::vector<double> shifts;
    for (std::size_t c = 0; c < channels; ++c) shifts.push_back(shift[c] - mean[c] * factors[c]);
    return folds ? fold_into_integers(node, {factors, shifts}, layer) : lower_normalization(node, factors, shifts);
  }
  if (layer->bias.values.data.empty()) layer->bias.values = Tensor<double>({static_cast<std::int64_t>(channels)});
  const std::size_t filter = layer->weights.values.data.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = c * filter; i < (c + 1) * filter; ++i) layer->weights.values.data[i] *= factors[c];
    double& bias = layer->bias.values.data[c];
    bias = (bias - mean[c]) * factors[c] + shift[c];
  }
  rename_output(*layer, node.outputs.at(0));
}

/// Add of a constant to a convolution's output; false where it is no bias.
bool Lowering::fold_bias(const Node& node, std::size_t constant_input) {
  const std::string& name = node.inputs[1 - constant_input];
  FusedLayer* layer = open_layer(name);
  if (!is_linear(layer)) return false;
  const std::string& output = node.outputs.at(0);
  if (element_count(shape_of(output)) != element_count(shape_of(name))) return false;
  const std::optional<std::vector<Offsets>> axes = reshaped(views_.at(name).axes, shape_of(output));
  if (!axes) return false;
  const Constant& given = constant_of(node, constant_input, "bias");
  const Shape& image = nth(network_.tensors, layer->output).shape;
  if (!is_channel_bias(given, *axes, image)) return false;
  const Constant bias = channel_bias(node, given, *axes, image);
  if (layer->bias.values.data.empty()) {
    layer->bias = bias;
  } else if (input_.quantized) {
    refuse(node, "is a second bias of " + layer->where + "; accepted: one");
  } else {
    std::transform(bias.values.data.begin(), bias.values.data.end(), layer->bias.values.data.begin(),
                   layer->bias.values.data.begin(), [](double a, double b) { return a + b; });
  }
  rename_output(*layer, output);
  return true;
}

/// True where channel_bias() accepts the constant.
bool Lowering::is_channel_bias(const Constant& constant, const std::vector<Offsets>& axes, const Shape& image) {
  if (!broadcasts_to(constant.values.shape, sizes_of(axes))) return false;
  std::vector<std::optional<double>> channels(static_cast<std::size_t>(image[1]));
  const std::vector<Offsets> part = one_of_each_channel(constant.values.shape, axes, image);
  const Shape full = sizes_of(part);
  const std::vector<std::int64_t> places = places_of(part);
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::optional<double>& channel = nth(channels, places[i] / (image[2] * image[3]));
    const double value = broadcast_element(constant, full, static_cast<std::int64_t>(i));
    if (channel.value_or(value) != value) return false;
    channel = value;
  }
  return true;
}

/// One value per channel of `image` [1, c, h, w] of a constant that is broadcast to a value with these axes.
Constant Lowering::channel_bias(const Node& node, const Constant& constant, const std::vector<Offsets>& axes,
                                const Shape& image) {
  const Shape full = sizes_of(axes);
  if (!broadcasts_to(constant.values.shape, full)) {
    refuse(node, "bias '" + constant.name + "' of shape " + to_string(constant.values.shape) + " does not fit " +
                     to_string(full));
  }
  Constant bias = constant;
  bias.axis = 0;
  bias.values = Tensor<double>({image[1]});
  std::vector<bool> known(static_cast<std::size_t>(image[1]), false);
  const std::vector<Offsets> part = one_of_each_channel(constant.values.shape, axes, image);
  const Shape pixel = sizes_of(part);
  const std::vector<std::int64_t> places = places_of(part);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double value = broadcast_element(constant, pixel, static_cast<std::int64_t>(i));
    const std::int64_t c = places[i] / (image[2] * image[3]);
    double& channel = nth(bias.values.data, c);
    if (!nth(known, c)) channel = value;
    nth(known, c) = true;
    if (channel != value) {
      refuse(node, "bias '" + constant.name + "' differs within a channel; accepted: one value per channel");
    }
  }
  return bias;
}

}  // namespace systoliq::sw_ref
