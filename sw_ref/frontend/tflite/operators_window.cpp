// SPDX-License-Identifier: Apache-2.0
// Convolutions, fully connected layers and pooling.
#include <algorithm>
#include <tuple>

#include "sw_ref/frontend/tflite/tflite_builder.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargest = 1 << 20;  ///< kernel, stride or dilation

/// Elements with their axes permuted: axis i of the result is axis permutation[i].
template <typename T>
Tensor<T> permuted(const Tensor<T>& from, const std::vector<std::size_t>& permutation) {
  const std::size_t rank = from.shape.size();
  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * from.shape[i];
  Shape shape;
  for (const std::size_t axis : permutation) shape.push_back(from.shape[axis]);
  Tensor<T> to(shape);
  std::vector<std::int64_t> at(rank, 0);
  std::int64_t source = 0;
  for (T& value : to.data) {
    value = nth(from.data, source);
    for (std::size_t i = rank; i-- > 0;) {
      source += strides[permutation[i]];
      if (++at[i] < shape[i]) break;
      source -= strides[permutation[i]] * at[i];
      at[i] = 0;
    }
  }
  return to;
}

/// The same elements with another shape, where one is given.
template <typename T>
Tensor<T> seen(Tensor<T> tensor, const Shape& shape) {
  if (!shape.empty()) tensor.shape = shape;
  return tensor;
}

/// True for operators whose second input is their weights.
bool has_weights(const std::string& op) {
  return op == "CONV_2D" || op == "DEPTHWISE_CONV_2D" || op == "FULLY_CONNECTED" || op == "TRANSPOSE_CONV";
}

bool has_zero_point(const TfliteTensor& tensor) {
  return std::any_of(tensor.zero_points.begin(), tensor.zero_points.end(), [](std::int64_t zero) { return zero != 0; });
}

/// Pads before and after, as the format's SAME has them: the smaller half before.
std::pair<std::int64_t, std::int64_t> same_pads(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                                std::int64_t dilation) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + (kernel - 1) * dilation + 1 - size);
  return {total / 2, total - total / 2};
}

}  // namespace

/// Weights [o, h * w * c] of the file for an image whose channels come first: [o, c * h * w].
std::string TfliteBuilder::image_weights(const Shape& image) {
  const Shape matrix = input(1).shape;
  const std::int64_t channels = image.back();
  return weights(1, {0, 2, 1}, matrix, 0, {matrix[0], matrix[1] / channels, channels});
}

std::string TfliteBuilder::weights(std::size_t input_index, const std::vector<std::size_t>& permutation,
                                   const Shape& shape, std::int64_t axis, const Shape& seen_as) {
  const TfliteTensor& tensor = input(input_index);
  if (!tensor.is_constant()) refuse_here("'" + tensor.name + "' is computed at run time; accepted: a constant");
  if (tensor.type == ElementType::kFloat) {
    FloatTensor moved = permuted(seen(file_.floats(tensor), seen_as), permutation);
    moved.shape = shape;
    return add_floats(tensor.name, std::move(moved));
  }
  const TfliteTensor* first = has_input(0) ? &input(0) : nullptr;
  const bool bytes =
      tensor.type == ElementType::kInt8 || tensor.type == ElementType::kUint8 || tensor.type == ElementType::kInt4;
  const bool operand = tensor.type == ElementType::kInt16 && !has_weights(op_name_);
  if (!tensor.is_quantized() || !(bytes || operand)) {
    refuse_here("constant '" + tensor.name +
                "' holds integers without a scale, or of another width; accepted: FLOAT32, or INT4, "
                "INT8, UINT8 with scales" +
                (has_weights(op_name_) ? "" : ", or INT16"));
  }
  const bool wide = first != nullptr && first->type == ElementType::kInt16;
  if (wide && has_weights(op_name_) && has_zero_point(tensor)) {
    refuse_here("weights '" + tensor.name + "' have a zero point beside INT16 activations; accepted: 0");
  }
  if (tensor.scales.size() > 1 && nth(permutation, axis) != static_cast<std::size_t>(tensor.axis)) {
    refuse_here("constant '" + tensor.name + "' has scales along axis " + std::to_string(tensor.axis) +
                "; accepted: axis " + std::to_string(nth(permutation, axis)));
  }
  if (input_index != 0 && first != nullptr && first->type == ElementType::kFloat && !first->is_constant()) {
    refuse_here("has float activations and integer weights '" + tensor.name +
                "' (dynamic range); accepted: both float, or both integers");
  }
  Tensor<std::int64_t> moved = permuted(seen(file_.integers(tensor), seen_as), permutation);
  moved.shape = shape;
  const ElementType type = tensor.type == ElementType::kInt4 ? ElementType::kInt8 : tensor.type;
  const std::string stored = add_integers(tensor.name + ":integers", std::move(moved), type);
  return dequantize(stored, tensor, tensor.scales, tensor.name, axis);
}

/// LiteRT takes a bias for one of 64 bits where the options do not say 32.
bool TfliteBuilder::says_narrow_bias() const {
  const auto* convolution = op_->builtin_options_as_Conv2DOptions();
  const auto* product = op_->builtin_options_as_FullyConnectedOptions();
  return (convolution != nullptr && convolution->quantized_bias_type() == tflite::TensorType_INT32) ||
         (product != nullptr && product->quantized_bias_type() == tflite::TensorType_INT32);
}

/// Empty where the operator has none. The integers are at scale Sx * Sw, whatever rounding of it the file gives.
std::string TfliteBuilder::bias(std::size_t input_index, const TfliteTensor& weights) {
  if (!has_input(input_index)) return "";
  const TfliteTensor& tensor = input(input_index);
  if (!tensor.is_constant()) refuse_here("bias '" + tensor.name + "' is computed at run time; accepted: a constant");
  if (tensor.type == ElementType::kFloat) return add_floats(tensor.name, file_.floats(tensor));
  const bool wide = input(0).type == ElementType::kInt16;
  narrow_bias_ = wide && tensor.type == ElementType::kInt32;
  if (narrow_bias_ && !says_narrow_bias()) {
    refuse_here("bias '" + tensor.name +
                "' is INT32 beside INT16 activations; accepted: INT64, or INT32 of a CONV_2D or "
                "FULLY_CONNECTED whose quantized_bias_type says so");
  }
  const bool wide_bias = wide && !narrow_bias_;
  if (tensor.type != (wide_bias ? ElementType::kInt64 : ElementType::kInt32) || !weights.is_quantized()) {
    refuse_here("bias '" + tensor.name + "' holds other integers than " + (wide ? "INT64 or INT32" : "INT32") +
                "; accepted: those beside integer weights");
  }
  std::vector<float> scales;
  for (const float scale : weights.scales) scales.push_back(input(0).scales.at(0) * scale);
  TfliteTensor as;
  as.name = tensor.name;
  const std::string stored = add_integers(tensor.name + ":integers", file_.integers(tensor), ElementType::kInt32);
  return dequantize(stored, as, scales, tensor.name, 0);
}

/// Attributes of a window over an image [n, c, h, w] of the graph.
Attributes TfliteBuilder::window(const Window2d& window, const Shape& image) {
  if (image.size() != 4) {
    refuse_here("takes a tensor of " + std::to_string(image.size()) + " axes; accepted: [n, height, width, channels]");
  }
  for (const auto* values : {&window.kernel, &window.strides, &window.dilations}) {
    for (const std::int64_t value : *values) {
      if (value >= 1 && value <= kLargest) continue;
      refuse_here("kernel, stride or dilation " + std::to_string(value) + "; accepted: 1 to 1048576");
    }
  }
  if (window.padding != tflite::Padding_SAME && window.padding != tflite::Padding_VALID) {
    refuse_here("padding " + std::to_string(static_cast<int>(window.padding)) + "; accepted: SAME, VALID");
  }
  std::vector<std::int64_t> pads(4, 0);
  for (std::size_t i = 0; i < 2 && window.padding == tflite::Padding_SAME; ++i) {
    std::tie(pads[i], pads[i + 2]) = same_pads(image[i + 2], window.kernel[i], window.strides[i], window.dilations[i]);
  }
  return {{"kernel_shape", window.kernel}, {"strides", window.strides}, {"pads", pads}};
}

std::vector<std::string> TfliteBuilder::with_bias(const std::string& image, const std::string& weights,
                                                  std::size_t weight_input) {
  std::vector<std::string> inputs = {image, weights};
  const std::string added = bias(weight_input + 1, input(weight_input));
  if (!added.empty()) inputs.push_back(added);
  return inputs;
}

void TfliteBuilder::add_convolution() {
  const tflite::Conv2DOptions& given = options(op_->builtin_options_as_Conv2DOptions());
  const std::string image = operand(0);
  const Shape filter = input(1).shape;
  if (filter.size() != 4 || filter[3] < 1 || shape_of(image).size() != 4 || shape_of(image)[1] % filter[3] != 0) {
    refuse_here("filter of shape " + to_string(filter) + " does not fit an input of " + to_string(input(0).shape));
  }
  const Window2d over = {given.padding(),
                         {filter[1], filter[2]},
                         {given.stride_h(), given.stride_w()},
                         {given.dilation_h_factor(), given.dilation_w_factor()}};
  Attributes attributes = window(over, shape_of(image));
  attributes["dilations"] = over.dilations;
  attributes["group"] = shape_of(image)[1] / filter[3];
  const std::string moved = weights(1, {0, 3, 1, 2}, {filter[0], filter[3], filter[1], filter[2]}, 0);
  const std::string value = emit_main("Conv", with_bias(image, moved, 1), attributes);
  define(activate(value, given.fused_activation_function()));
  note(TfliteOp::kConvolution);
}

void TfliteBuilder::add_depthwise_convolution() {
  const tflite::DepthwiseConv2DOptions& given = options(op_->builtin_options_as_DepthwiseConv2DOptions());
  const std::string image = operand(0);
  const Shape filter = input(1).shape;
  if (filter.size() != 4 || filter[0] != 1 || shape_of(image).size() != 4 || filter[3] < 1 ||
      filter[3] % shape_of(image)[1] != 0) {
    refuse_here("filter of shape " + to_string(filter) + " does not fit an input of " + to_string(input(0).shape));
  }
  const Window2d over = {given.padding(),
                         {filter[1], filter[2]},
                         {given.stride_h(), given.stride_w()},
                         {given.dilation_h_factor(), given.dilation_w_factor()}};
  Attributes attributes = window(over, shape_of(image));
  attributes["dilations"] = over.dilations;
  attributes["group"] = shape_of(image)[1];
  const std::string moved = weights(1, {3, 0, 1, 2}, {filter[3], 1, filter[1], filter[2]}, 0);
  const std::string value = emit_main("Conv", with_bias(image, moved, 1), attributes);
  define(activate(value, given.fused_activation_function()));
  note(TfliteOp::kConvolution);
}

/// Inputs: the output's shape, filter [o, h, w, i], image, perhaps a bias.
void TfliteBuilder::add_transposed_convolution() {
  const tflite::TransposeConvOptions& given = options(op_->builtin_options_as_TransposeConvOptions());
  std::swap(inputs_.at(0), inputs_.at(2));  // now image, filter, shape, bias
  const std::string image = operand(0);
  const Shape filter = input(1).shape;
  const Shape out = output().shape;
  if (filter.size() != 4 || shape_of(image).size() != 4 || out.size() != 4 || filter[3] != shape_of(image)[1]) {
    refuse_here("filter of shape " + to_string(filter) + " does not fit an input of " + to_string(input(0).shape));
  }
  if (integer_input(2, "output shape") != out) refuse_here("its output has another shape than its operand says");
  const Window2d over = {given.padding(), {filter[1], filter[2]}, {given.stride_h(), given.stride_w()}, {1, 1}};
  Attributes attributes = window(over, shape_of(image));
  std::vector<std::int64_t> pads(4, 0);
  std::vector<std::int64_t> further(2, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t whole = (shape_of(image)[i + 2] - 1) * over.strides[i] + over.kernel[i];
    const std::int64_t excess = whole - out[i + 1];
    const std::int64_t before = given.padding() == tflite::Padding_SAME ? std::max<std::int64_t>(excess, 0) / 2 : 0;
    pads[i] = before;
    pads[i + 2] = std::max<std::int64_t>(excess - before, 0);
    further[i] = std::max<std::int64_t>(-excess, 0);
  }
  attributes["pads"] = pads;
  attributes["output_padding"] = further;
  const std::string moved = weights(1, {3, 0, 1, 2}, {filter[3], filter[0], filter[1], filter[2]}, 1);
  std::vector<std::string> operands = {image, moved};
  const std::string added = bias(3, input(1));
  if (!added.empty()) operands.push_back(added);
  define(activate(emit_main("ConvTranspose", operands, attributes), given.fused_activation_function()));
  note(TfliteOp::kConvolution);
}

/// Weights [o, i] over the elements of one image, or over the last axis of a tensor of several rows.
void TfliteBuilder::add_fully_connected() {
  const tflite::FullyConnectedOptions& given = options(op_->builtin_options_as_FullyConnectedOptions());
  if (given.weights_format() != tflite::FullyConnectedOptionsWeightsFormat_DEFAULT) {
    refuse_here("its weights are shuffled; accepted: the default order");
  }
  Placed from = placed(0);
  const Shape shape = input(0).shape;
  const Shape matrix = input(1).shape;
  if (matrix.size() != 2 || matrix[1] < 1) refuse_here("weights of shape " + to_string(matrix));
  const std::int64_t features = matrix[1];
  const std::int64_t rows = element_count(shape) / features;
  if (rows * features != element_count(shape)) {
    refuse_here("takes " + std::to_string(features) + " features of an input of " + to_string(shape));
  }
  std::string value;
  if (rows == 1) {
    const Shape image = !from.image.empty() ? from.image : keeps_order(shape) ? Shape{} : shape;
    const std::string moved = image.empty() ? weights(1, {0, 1}, matrix, 0) : image_weights(image);
    value = emit_main("Gemm", with_bias(reshape(from.value, {1, features}), moved, 1), {{"transB", std::int64_t{1}}});
  } else if (shape.size() == 4 && shape.back() == features) {
    const std::string moved = weights(1, {0, 1}, {matrix[0], features, 1, 1}, 0);
    value = emit_main("Conv", with_bias(operand(0), moved, 1), {{"kernel_shape", std::vector<std::int64_t>{1, 1}}});
  } else {
    const std::string moved = weights(1, {0, 1}, matrix, 0);
    const std::string flat = reshape(operand(0), {rows, features});
    value = emit_main("Gemm", with_bias(flat, moved, 1), {{"transB", std::int64_t{1}}});
  }
  value = activate(value, given.fused_activation_function());
  const Shape out = channels_first(output().shape);
  if (rows == 1 || shape_of(value).size() == out.size()) value = reshape(value, out);
  define(value);
  note(TfliteOp::kFullyConnected);
}

void TfliteBuilder::add_pool() {
  const tflite::Pool2DOptions& given = options(op_->builtin_options_as_Pool2DOptions());
  const Window2d over = {
      given.padding(), {given.filter_height(), given.filter_width()}, {given.stride_h(), given.stride_w()}, {1, 1}};
  const std::string image = operand(0);
  const bool average = op_name_ == "AVERAGE_POOL_2D";
  const std::string value = emit_main(average ? "AveragePool" : "MaxPool", {image}, window(over, shape_of(image)));
  define(activate(value, given.fused_activation_function()));
  note(average ? TfliteOp::kAveragePool : TfliteOp::kOther);
}

}  // namespace systoliq::sw_ref
