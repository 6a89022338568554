// SPDX-License-Identifier: Apache-2.0
// Constant folding, and the rules of the operators that are supported of constants only (ONNX operators Shape, Gather
// and Cast).
#include "sw_ref/frontend/onnx/constant_folding.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

Value constant_of(const TensorType& type) {
  Value value;
  value.type = type.type;
  value.shape = type.shape;
  value.is_constant = true;
  return value;
}

Value reshaped(const Value& input, const TensorType& type) {
  Value value = constant_of(type);
  if (type.type == ElementType::kFloat) {
    value.floats = FloatTensor(type.shape, input.floats.data);
  } else {
    value.integers = Tensor<std::int64_t>(type.shape, input.integers.data);
  }
  return value;
}

Value fold_transpose(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& input = input_of(view, 0, "data");
  const std::vector<std::size_t> order = permutation(view, input.shape.size());
  if (type.type == ElementType::kFloat) {
    value.floats = transposed(input.floats, order);
  } else {
    value.integers = transposed(input.integers, order);
  }
  return value;
}

Value fold_concat(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), type.shape.size());
  std::vector<const FloatTensor*> floats;
  std::vector<const Tensor<std::int64_t>*> integers;
  for (const Value* input : view.inputs) {
    floats.push_back(&input->floats);
    integers.push_back(&input->integers);
  }
  if (type.type == ElementType::kFloat) {
    value.floats = concatenated(floats, axis, type.shape);
  } else {
    value.integers = concatenated(integers, axis, type.shape);
  }
  return value;
}

/// First and one past the last axis that a Shape node reports; attributes since opset 15, limited to the rank.
std::pair<std::int64_t, std::int64_t> reported_axes(const NodeView& view) {
  const auto rank = static_cast<std::int64_t>(input_of(view, 0, "data").shape.size());
  const auto limited = [rank](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t start = limited(int_attribute(view.node, "start", 0));
  return {start, std::max(start, limited(int_attribute(view.node, "end", rank)))};
}

Value fold_shape(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Shape& shape = input_of(view, 0, "data").shape;
  const auto [start, end] = reported_axes(view);
  value.integers = {type.shape, std::vector<std::int64_t>(shape.begin() + start, shape.begin() + end)};
  return value;
}

template <typename T>
Tensor<T> gathered(const NodeView& view, const Tensor<T>& data, const Shape& shape) {
  const Value& indices = input_of(view, 1, "indices");
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), data.shape.size());
  const AxisLayout layout = axis_layout(data.shape, axis);
  Tensor<T> output(shape);
  auto next = output.data.begin();
  for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
    for (const std::int64_t given : indices.integers.data) {
      if (given < -layout.channels || given >= layout.channels) {
        refuse(view.node, "index " + std::to_string(given) + " lies outside the axis of " +
                              std::to_string(layout.channels) + " elements");
      }
      const std::int64_t index = given < 0 ? given + layout.channels : given;
      next = std::copy_n(data.data.begin() + (outer * layout.channels + index) * layout.inner, layout.inner, next);
    }
  }
  return output;
}

Value fold_gather(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& data = input_of(view, 0, "data");
  if (type.type == ElementType::kFloat) {
    value.floats = gathered(view, data.floats, type.shape);
  } else {
    value.integers = gathered(view, data.integers, type.shape);
  }
  return value;
}

Value fold_cast(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& input = input_of(view, 0, "input");
  if (type.type == ElementType::kFloat) {
    value.floats = as_floats(input);
    return value;
  }
  value.integers = input.integers;
  if (input.type != ElementType::kFloat) return value;
  value.integers = Tensor<std::int64_t>(input.shape);
  for (std::size_t i = 0; i < input.floats.data.size(); ++i) {
    const float element = input.floats.data[i];
    if (!(std::fabs(element) < 2147483648.0F)) {
      refuse(view.node, "casts " + number_text(element) + " to an integer; accepted: magnitudes below 2^31");
    }
    value.integers.data[i] = static_cast<std::int64_t>(element);
  }
  return value;
}

Value fold_quantize(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const FloatTensor& x = input_of(view, 0, "x").floats;
  const AxisLayout layout = quantization_axis(view, x.shape);
  const QuantizationParameters parameters =
      quantization_parameters(view, 1, 2, "y", layout.channels, ElementType::kUint8);
  value.integers = Tensor<std::int64_t>(type.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const auto channel = i / static_cast<std::size_t>(layout.inner) % static_cast<std::size_t>(layout.channels);
    if (std::isnan(x.data[i])) refuse(view.node, "quantizes a constant that holds NaN");
    value.integers.data[i] = static_cast<std::int64_t>(
        quantized_value(x.data[i], parameters.scale(channel), parameters.zero_point(channel), type.type));
  }
  return value;
}

}  // namespace

TensorType infer_shape(const NodeView& view) {
  const auto [start, end] = reported_axes(view);
  return {ElementType::kInt64, {end - start}};
}

TensorType infer_gather(const NodeView& view) {
  const Value& data = input_of(view, 0, "data");
  constant_integers(view, 1, "indices");
  const Shape& indices = view.inputs[1]->shape;
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", 0), data.shape.size());
  Shape shape(data.shape.begin(), data.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), data.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.shape.end());
  return {data.type, shape};
}

TensorType infer_cast(const NodeView& view) {
  const Value& input = input_of(view, 0, "input");
  const std::int64_t to = int_attribute(view.node, "to", 0);
  if (to != onnx::TensorProto::FLOAT && to != onnx::TensorProto::INT64 && to != onnx::TensorProto::INT32) {
    refuse(view.node, "casts to element type " + std::to_string(to) + "; accepted: 1 (FLOAT), 6 (INT32), 7 (INT64)");
  }
  return {element_type(static_cast<int>(to), describe(view.node)), input.shape};
}

std::optional<Value> fold_constant(const NodeView& view, const TensorType& type) {
  const std::string& op = view.node.op;
  if (!view.node.domain.empty()) return std::nullopt;
  if (op == "Shape") return fold_shape(view, type);
  for (const Value* input : view.inputs) {
    if (input != nullptr && !input->is_constant) return std::nullopt;
  }
  static const std::set<std::string> kSameElements = {"Identity", "Dropout", "Reshape",
                                                      "Flatten",  "Squeeze", "Unsqueeze"};
  if (kSameElements.count(op) != 0) return reshaped(input_of(view, 0, "input"), type);
  if (op == "Transpose") return fold_transpose(view, type);
  if (op == "Concat") return fold_concat(view, type);
  if (op == "Gather") return fold_gather(view, type);
  if (op == "Cast") return fold_cast(view, type);
  if (op == "QuantizeLinear") return fold_quantize(view, type);
  return std::nullopt;
}

}  // namespace systoliq::sw_ref
