// SPDX-License-Identifier: Apache-2.0
// Operators with weights: Conv, and Gemm or MatMul as a convolution whose kernel covers its whole input; and what folds
// into their weights and bias.
#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// The output of a convolution that nothing has clamped yet, so that linear operators can still be folded into it.
bool is_linear(const FusedLayer* layer) {
  return layer != nullptr && layer->op == LayerOp::kConvolution && std::isinf(layer->clamp_low) &&
         std::isinf(layer->clamp_high);
}

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
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    layer.bias = channel_bias(node, constant_of(node, 2, "bias"), {1, output[1]}, {1, output[1], 1, 1});
  }
}

void Lowering::lower_matrix_product(const Node& node) {
  if (node.op == "MatMul" && is_constant(node.inputs.at(0))) return lower_left_product(node);
  const bool gemm = node.op == "Gemm";
  const int tensor = tensor_of(node, 0);
  const Shape input = nth(network_.tensors, tensor).shape;
  const Shape& rows = shape_of(node.inputs[0]);
  const std::int64_t features = element_count(input);
  if (rows.empty() || rows.back() != features) {
    refuse(node, "multiplies " + to_string(rows) + "; accepted: one row of features, [1, features]");
  }
  if (int_attribute(node, "transA", 0) != 0) refuse(node, "transA is set; accepted: 0");
  const double alpha = double{float_attribute(node, "alpha", 1.0F)};
  const double beta = double{float_attribute(node, "beta", 1.0F)};
  if (input_.quantized && (alpha != 1.0 || beta != 1.0)) {
    refuse(node, "alpha or beta is not 1 and would multiply integers; accepted: 1");
  }
  const bool transposed = gemm && int_attribute(node, "transB", 0) != 0;
  Constant weights = output_major(node, constant_of(node, 1, "weights"), transposed, alpha);
  const std::int64_t outputs = weights.values.shape[0];
  if (weights.values.shape[1] != features) {
    refuse(node, "weights '" + weights.name + "' take " + std::to_string(weights.values.shape[1]) + " features, " +
                     std::to_string(features) + " are given");
  }
  weights.values.shape = {outputs, input[1], input[2], input[3]};
  FusedLayer& layer = add_layer(node, LayerOp::kConvolution, {tensor}, {1, outputs, 1, 1});
  layer.fully_connected = true;
  layer.window.kernel_height = static_cast<int>(input[2]);
  layer.window.kernel_width = static_cast<int>(input[3]);
  layer.weights = std::move(weights);
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    layer.bias = channel_bias(node, constant_of(node, 2, "bias"), {1, outputs}, {1, outputs, 1, 1});
    if (beta != 1.0) {
      for (double& value : layer.bias.values.data) value *= beta;
    }
  }
}

/// y = (x - mean) * k + shift with k = scale / sqrt(variance + epsilon), folded into weights and bias.
void Lowering::fold_batch_norm(const Node& node) {
  FusedLayer* layer = open_layer(node.inputs.at(0));
  if (!is_linear(layer) || input_.quantized) {
    refuse(node,
           "accepted: directly after the Conv, Gemm or MatMul whose output nothing else uses, in a float network");
  }
  if (int_attribute(node, "training_mode", 0) != 0) refuse(node, "training_mode is set; accepted: 0");
  const auto channels = static_cast<std::size_t>(layer->weights.values.shape[0]);
  const auto parameter = [&](std::size_t input, const char* what) -> const std::vector<double>& {
    const Constant& constant = constant_of(node, input, what);
    if (constant.values.data.size() != channels) {
      refuse(node, std::string(what) + " '" + constant.name + "' has " + std::to_string(constant.values.data.size()) +
                       " values for " + std::to_string(channels) + " channels");
    }
    return constant.values.data;
  };
  const std::vector<double>& scale = parameter(1, "scale");
  const std::vector<double>& shift = parameter(2, "bias");
  const std::vector<double>& mean = parameter(3, "mean");
  const std::vector<double>& variance = parameter(4, "variance");
  const double epsilon = double{float_attribute(node, "epsilon", 1e-5F)};
  if (layer->bias.values.data.empty()) layer->bias.values = Tensor<double>({static_cast<std::int64_t>(channels)});
  const std::size_t filter = layer->weights.values.data.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const double factor = scale[c] / std::sqrt(variance[c] + epsilon);
    if (!std::isfinite(factor)) refuse(node, "variance + epsilon of channel " + std::to_string(c) + " is not positive");
    for (std::size_t i = c * filter; i < (c + 1) * filter; ++i) layer->weights.values.data[i] *= factor;
    double& bias = layer->bias.values.data[c];
    bias = (bias - mean[c]) * factor + shift[c];
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
  const Constant bias = channel_bias(node, constant_of(node, constant_input, "bias"), shape_of(output),
                                     nth(network_.tensors, layer->output).shape);
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

/// One value per channel of a constant broadcast to `full`, which has the elements of `image` [1, c, h, w] in order.
Constant Lowering::channel_bias(const Node& node, const Constant& constant, const Shape& full,
                                const Shape& image) const {
  if (!broadcasts_to(constant.values.shape, full)) {
    refuse(node, "bias '" + constant.name + "' of shape " + to_string(constant.values.shape) + " does not fit " +
                     to_string(full));
  }
  Constant bias = constant;
  bias.axis = 0;
  bias.values = Tensor<double>({image[1]});
  const std::int64_t plane = image[2] * image[3];
  for (std::int64_t position = 0; position < image[1] * plane; ++position) {
    const double value = broadcast_element(constant, full, position);
    double& channel = nth(bias.values.data, position / plane);
    if (position % plane == 0) channel = value;
    if (channel != value) {
      refuse(node, "bias '" + constant.name + "' differs within a channel; accepted: one value per channel");
    }
  }
  return bias;
}

}  // namespace systoliq::sw_ref
