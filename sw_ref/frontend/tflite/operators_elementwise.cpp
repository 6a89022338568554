// SPDX-License-Identifier: Apache-2.0
// Operators on each element: sums and products, functions, clamps, softmax, and changes of scale.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sw_ref/frontend/tflite/tflite_builder.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// An operand with as many axes as the result, whose missing ones come first in the file.
std::string TfliteBuilder::broadcast_operand(std::size_t input_index, std::size_t rank) {
  Shape shape = input(input_index).shape;
  if (shape.size() == rank || rank < 3) return operand(input_index);
  const bool in_order = keeps_order(shape);
  shape.insert(shape.begin(), rank - std::min(rank, shape.size()), 1);
  if (!in_order || !keeps_order(shape)) {
    refuse_here("input '" + input(input_index).name + "' of shape " + to_string(input(input_index).shape) +
                " is spread over another number of axes; accepted: the number of the output, or one value a channel");
  }
  const Shape moved = channels_first(shape);
  if (!input(input_index).is_constant()) return reshape(operand(input_index), moved);
  std::vector<std::size_t> same(input(input_index).shape.size());
  std::iota(same.begin(), same.end(), 0);
  return weights(input_index, same, moved, 0);
}

/// The sums and differences of 16 bits that older files ask for: by shifts, where all scales are powers of two.
void TfliteBuilder::refuse_shifted_sum(bool pot_scale) {
  const auto power_of_two = [](const TfliteTensor& tensor) {
    int exponent = 0;
    return tensor.scales.size() == 1 && std::frexp(tensor.scales[0], &exponent) == 0.5F;
  };
  if (input(0).type != ElementType::kInt16 || !pot_scale) return;
  if (!power_of_two(input(0)) || !power_of_two(input(1)) || !power_of_two(output())) return;
  refuse_here(
      "shifts INT16 operands whose scales are powers of two (pot_scale_int16); accepted: pot_scale_int16 false");
}

/// The one of two operands that is a single constant integer.
std::optional<TfliteNumber> TfliteBuilder::constant_number() {
  for (std::size_t i = 0; i < 2; ++i) {
    const TfliteTensor& tensor = input(i);
    const bool single = tensor.is_constant() && tensor.scales.size() == 1 && element_count(tensor.shape) == 1;
    if (!single || input(1 - i).is_constant()) continue;
    const std::int64_t centered = file_.integers(tensor).data[0] - tensor.zero_points[0];
    return TfliteNumber{tensor.scales[0], static_cast<std::int32_t>(centered), i == 0};
  }
  return std::nullopt;
}

void TfliteBuilder::add_binary() {
  tflite::ActivationFunctionType function = tflite::ActivationFunctionType_NONE;
  const char* op = "Add";
  if (op_name_ == "ADD") {
    const tflite::AddOptions& given = options(op_->builtin_options_as_AddOptions());
    function = given.fused_activation_function();
    refuse_shifted_sum(given.pot_scale_int16());
  } else if (op_name_ == "SUB") {
    const tflite::SubOptions& given = options(op_->builtin_options_as_SubOptions());
    function = given.fused_activation_function();
    refuse_shifted_sum(given.pot_scale_int16());
    op = "Sub";
  } else {
    function = options(op_->builtin_options_as_MulOptions()).fused_activation_function();
    op = "Mul";
  }
  const std::size_t rank = output().shape.size();
  const std::string value = emit_main(op, {broadcast_operand(0, rank), broadcast_operand(1, rank)});
  define(activate(value, function));
  note(op_name_ == "ADD" ? TfliteOp::kSum : op_name_ == "SUB" ? TfliteOp::kDifference : TfliteOp::kProduct);
  network_.operators.at(name_).number = constant_number();
}

std::string TfliteBuilder::clip(const std::string& value, float low, float high, bool main) {
  const std::vector<std::string> inputs = {value, add_floats(name_ + ":low", FloatTensor(Shape{}, {low})),
                                           add_floats(name_ + ":high", FloatTensor(Shape{}, {high}))};
  return main ? emit_main("Clip", inputs) : emit("Clip", inputs);
}

/// What is fused behind the operator, in real numbers; noted for the integers.
std::string TfliteBuilder::activate(std::string value, tflite::ActivationFunctionType function) {
  switch (function) {
    case tflite::ActivationFunctionType_NONE:
      return value;
    case tflite::ActivationFunctionType_RELU:
      activation_ = TfliteActivation::kRelu;
      return emit("Relu", {value});
    case tflite::ActivationFunctionType_RELU_N1_TO_1:
      activation_ = TfliteActivation::kReluN1To1;
      return clip(value, -1.0F, 1.0F, false);
    case tflite::ActivationFunctionType_RELU6:
      activation_ = TfliteActivation::kRelu6;
      return clip(value, 0.0F, 6.0F, false);
    default:
      break;
  }
  refuse_here("fused activation " + std::to_string(static_cast<int>(function)) +
              "; accepted: NONE, RELU, RELU_N1_TO_1, RELU6");
}

/// LOGISTIC, TANH, HARD_SWISH, LEAKY_RELU.
void TfliteBuilder::add_function() {
  const Placed from = placed(0);
  if (op_name_ == "LEAKY_RELU") {
    const float alpha = options(op_->builtin_options_as_LeakyReluOptions()).alpha();
    define(emit_main("LeakyRelu", {from.value}, {{"alpha", alpha}}), 0, from.image);
    return note(TfliteOp::kLeakyRelu, alpha);
  }
  const bool logistic = op_name_ == "LOGISTIC";
  const bool tanh = op_name_ == "TANH";
  define(emit_main(logistic ? "Sigmoid" : tanh ? "Tanh" : "HardSwish", {from.value}), 0, from.image);
  note(logistic ? TfliteOp::kLogistic : tanh ? TfliteOp::kTanh : TfliteOp::kHardSwish);
}

/// RELU, RELU6, RELU_N1_TO_1 as operators of their own.
void TfliteBuilder::add_clamp() {
  const Placed from = placed(0);
  std::string value;
  if (op_name_ == "RELU") {
    activation_ = TfliteActivation::kRelu;
    value = emit_main("Relu", {from.value});
  } else {
    const bool six = op_name_ == "RELU6";
    activation_ = six ? TfliteActivation::kRelu6 : TfliteActivation::kReluN1To1;
    value = clip(from.value, six ? 0.0F : -1.0F, six ? 6.0F : 1.0F, true);
  }
  define(value, 0, from.image);
  note(TfliteOp::kRelu);
}

/// Over the last axis.
void TfliteBuilder::add_softmax() {
  const float beta = options(op_->builtin_options_as_SoftmaxOptions()).beta();
  if (beta != 1.0F) refuse_here("beta is " + std::to_string(beta) + "; accepted: 1");
  const std::string value = operand(0);
  const std::size_t rank = input(0).shape.size();
  if (rank == 0) refuse_here("takes a single number; accepted: a vector");
  const std::int64_t axis = moved_axis(static_cast<std::int64_t>(rank) - 1, rank);
  define(emit_main("Softmax", {value}, {{"axis", axis}}));
  note(TfliteOp::kSoftmax, beta);
}

/// Reals become integers, or integers others of another scale.
void TfliteBuilder::add_quantize() {
  const Placed from = placed(0);
  if (!output().is_quantized()) refuse_here("its output '" + output().name + "' has no scale");
  const auto same = made_as_.find(inputs_[0]);
  if (same != made_as_.end() && same->second == outputs_[0]) return;  // made already
  if (outputs_of_network_.count(outputs_[0]) == 0 && changes_type_alone(inputs_[0], outputs_[0])) {
    if (placed_.count(outputs_[0]) != 0) refuse_here("output '" + output().name + "' is defined already");
    placed_[outputs_[0]] = from;
    return;
  }
  define(emit_main("Identity", {from.value}), 0, from.image);
  note(TfliteOp::kRescale);
}

/// Integers become reals; half-precision constants become single ones.
void TfliteBuilder::add_dequantize() {
  const Placed from = placed(0);
  const TfliteTensor& result = output();
  const std::int32_t index = outputs_[0];
  if (result.type != ElementType::kFloat) refuse_here("its output is no FLOAT32; accepted: that");
  if (placed_.count(index) != 0) refuse_here("output '" + result.name + "' is defined already");
  if (channels_first(input(0).shape) != channels_first(result.shape)) refuse_here("its input has another shape");
  const bool leaves = outputs_of_network_.count(index) != 0;
  if (leaves) {
    const Node* last = nullptr;
    for (const Node& node : network_.graph.nodes) {
      if (node.outputs[0] == from.value) last = &node;
    }
    if (last == nullptr || last->op != "DequantizeLinear") {
      refuse_here("its input '" + input(0).name + "' holds no integers");
    }
    const std::vector<std::string> inputs = last->inputs;
    const Attributes attributes = last->attributes;
    name_value(emit_main("DequantizeLinear", inputs, attributes), result.name);
    const TfliteTensor& stored = input(0);
    network_.output_scales[result.name] = {stored.scales.at(0), static_cast<std::int32_t>(stored.zero_points.at(0)),
                                           stored.type == ElementType::kUint8};
    placed_[index] = {result.name, from.image};
    return;
  }
  placed_[index] = from;
}

}  // namespace systoliq::sw_ref
