// SPDX-License-Identifier: Apache-2.0
// Rules of the operators that act on every element, alone or with the element of another tensor.
#include <cmath>
#include <limits>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

const Value& float_input(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  return x;
}

/// Integers are computed at import alone: at run time they travel as float, which holds few of them.
void expect_operand(const NodeView& view, const Value& value, ElementType type, const BinaryOperation& operation) {
  expect_type(view, value, {type});
  if (type == ElementType::kFloat) {
    if (operation.of_truth) expect_type(view, value, {ElementType::kBool});
    return;
  }
  if (operation.of_truth) return expect_type(view, value, {ElementType::kBool});
  if (value.is_constant && operation.whole != nullptr) return;
  refuse(view.node, "computes with " + std::string(type_name(type)) + " '" + value.name +
                        (value.is_constant ? "'; accepted: FLOAT" : "' at run time; accepted: FLOAT, or constants"));
}

template <typename Operation>
Tensor<std::int64_t> combined_integers(const NodeView& view, const Tensor<std::int64_t>& a,
                                       const Tensor<std::int64_t>& b, const TensorType& type, Operation operation) {
  const IntegerRange range = integer_range(type.type);
  return combined<std::int64_t>(a, b, type.shape, [&](std::int64_t left, std::int64_t right) {
    const std::optional<std::int64_t> result = operation(left, right);
    if (result && *result >= range.low && *result <= range.high) return *result;
    refuse(view.node, "of " + std::to_string(left) + " and " + std::to_string(right) + " yields no " +
                          std::string(type_name(type.type)) + "; accepted: results that this type holds");
  });
}

}  // namespace

TensorType infer_unary(const NodeView& view) {
  check(unary_function(view) != nullptr, "a function without its definition: " + view.node.op);
  return {ElementType::kFloat, float_input(view).shape};
}

Value fold_unary(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const std::function<float(float)> function = unary_function(view);
  const Value& x = input_of(view, 0, "X");
  if (type.type == ElementType::kFloat) {
    value.floats = x.floats;
    for (float& element : value.floats.data) element = function(element);
  } else {  // Clip of 8-bit integers
    value.integers = x.integers;
    for (std::int64_t& element : value.integers.data) {
      element = static_cast<std::int64_t>(function(static_cast<float>(element)));
    }
  }
  return value;
}

ClipLimits clip_limits(const NodeView& view) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (view.opset < 11) {
    return {float_attribute(view.node, "min", -kInfinity), float_attribute(view.node, "max", kInfinity)};
  }
  return {constant_scalar(view, 1, "min", -kInfinity), constant_scalar(view, 2, "max", kInfinity)};
}

TensorType infer_clip(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat, ElementType::kInt8, ElementType::kUint8});
  for (std::size_t i = 1; i < 3; ++i) {
    if (const Value* limit = optional_input(view, i)) expect_type(view, *limit, {x.type});
  }
  const ClipLimits limits = clip_limits(view);
  if (!(limits.low <= limits.high)) {
    refuse(view.node, "min " + number_text(limits.low) + " and max " + number_text(limits.high) +
                          " leave nothing; accepted: min not above max");
  }
  return {x.type, x.shape};
}

TensorType infer_binary(const NodeView& view) {
  const BinaryOperation& operation = *binary_operation(view.node.op);
  const Value& a = input_of(view, 0, "A");
  const Value& b = input_of(view, 1, "B");
  expect_operand(view, a, a.type, operation);
  expect_operand(view, b, a.type, operation);
  if (view.node.op == "Mod") {
    const bool truncates = int_attribute(view.node, "fmod", 0) != 0;
    if (truncates != (a.type == ElementType::kFloat)) {
      refuse(view.node, std::string("fmod is ") + (truncates ? "1" : "0") + " with " + type_name(a.type) +
                            "; accepted: 1 with FLOAT, 0 with integers");
    }
  }
  return {operation.is_truth ? ElementType::kBool : a.type, broadcast_shape(view.node, a.shape, b.shape)};
}

TensorType infer_prelu(const NodeView& view) {
  const Value& x = float_input(view);
  const Value& slope = input_of(view, 1, "slope");
  expect_type(view, slope, {ElementType::kFloat});
  expect_shape(view.node, "slope, broadcast with X,", broadcast_shape(view.node, x.shape, slope.shape), x.shape);
  return {x.type, x.shape};
}

Value fold_binary(const NodeView& view, const TensorType& type) {
  const BinaryOperation& operation = *binary_operation(view.node.op);
  Value value = constant_of(type);
  const Value& a = input_of(view, 0, "A");
  const Value& b = input_of(view, 1, "B");
  if (type.type == ElementType::kFloat) {
    value.floats = combined<float>(a.floats, b.floats, type.shape, operation.real);
  } else if (a.type == ElementType::kFloat) {  // a comparison
    value.integers = combined<std::int64_t>(a.floats, b.floats, type.shape, [&](float left, float right) {
      return static_cast<std::int64_t>(operation.real(left, right));
    });
  } else {
    value.integers = combined_integers(view, a.integers, b.integers, type, operation.whole);
  }
  return value;
}

TensorType infer_variadic(const NodeView& view) {
  const Value& first = input_of(view, 0, "data_0");
  const bool extreme = view.node.op == "Min" || view.node.op == "Max";
  Shape shape = first.shape;
  for (std::size_t i = 0; i < view.inputs.size(); ++i) {
    const Value& next = input_of(view, i, "data");
    expect_type(view, next, {extreme ? first.type : ElementType::kFloat});
    if (next.type != ElementType::kFloat && !next.is_constant) expect_type(view, next, {ElementType::kFloat});
    shape = broadcast_shape(view.node, shape, next.shape);
  }
  return {first.type, shape};
}

Value fold_variadic(const NodeView& view, const TensorType& type) {
  const std::string& op = view.node.op;
  const BinaryOperation& operation = *binary_operation(op == "Sum" || op == "Mean" ? "Add" : op);
  Value value = constant_of(type);
  const Movement first = broadcast_walk(view.inputs[0]->shape, type.shape);
  if (type.type != ElementType::kFloat) {
    value.integers = moved(view.inputs[0]->integers, first);
    for (std::size_t i = 1; i < view.inputs.size(); ++i) {
      value.integers = combined_integers(view, value.integers, view.inputs[i]->integers, type, operation.whole);
    }
    return value;
  }
  value.floats = moved(view.inputs[0]->floats, first);
  for (std::size_t i = 1; i < view.inputs.size(); ++i) {
    value.floats = combined<float>(value.floats, view.inputs[i]->floats, type.shape, operation.real);
  }
  for (float& element : value.floats.data) {
    if (op == "Mean") element /= static_cast<float>(view.inputs.size());
  }
  return value;
}

TensorType infer_logical_not(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kBool});
  return {x.type, x.shape};
}

Value fold_logical_not(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  value.integers = input_of(view, 0, "X").integers;
  for (std::int64_t& element : value.integers.data) element = 1 - element;
  return value;
}

TensorType infer_where(const NodeView& view) {
  const Value& condition = input_of(view, 0, "condition");
  const Value& x = input_of(view, 1, "X");
  const Value& y = input_of(view, 2, "Y");
  expect_type(view, condition, {ElementType::kBool});
  expect_type(view, y, {x.type});
  const Shape chosen = broadcast_shape(view.node, x.shape, y.shape);
  return {x.type, broadcast_shape(view.node, condition.shape, chosen)};
}

Value fold_where(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Tensor<std::int64_t> condition =
      moved(view.inputs[0]->integers, broadcast_walk(view.inputs[0]->shape, type.shape));
  const auto choose = [&](const auto& x, const auto& y) {
    auto result = moved(x, broadcast_walk(x.shape, type.shape));
    const auto other = moved(y, broadcast_walk(y.shape, type.shape));
    for (std::size_t i = 0; i < result.data.size(); ++i) {
      if (condition.data[i] == 0) result.data[i] = other.data[i];
    }
    return result;
  };
  if (type.type == ElementType::kFloat) {
    value.floats = choose(view.inputs[1]->floats, view.inputs[2]->floats);
  } else {
    value.integers = choose(view.inputs[1]->integers, view.inputs[2]->integers);
  }
  return value;
}

TensorType infer_dropout(const NodeView& view) {
  const Value& x = float_input(view);
  if (const Value* training = optional_input(view, 2)) {
    expect_type(view, *training, {ElementType::kBool});
    if (constant_scalar(view, 2, "training_mode", 0.0F) != 0.0F) {
      refuse(view.node, "training_mode is true; accepted: false (inference)");
    }
  }
  return {x.type, x.shape};
}

}  // namespace systoliq::sw_ref
