// SPDX-License-Identifier: Apache-2.0
// Rule of Cast. All float types are FLOAT here, so a cast to a narrower one rounds to the values that it has.
#include <cmath>
#include <map>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/cast.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// ONNX's numbers of element types (onnx.proto: TensorProto.DataType).
const std::map<std::int64_t, CastTarget>& targets() {
  static const std::map<std::int64_t, CastTarget> kTargets = {
      {1, {ElementType::kFloat, 0, 0}},  {2, {ElementType::kUint8, 0, 0}},     {3, {ElementType::kInt8, 0, 0}},
      {4, {ElementType::kUint16, 0, 0}}, {5, {ElementType::kInt16, 0, 0}},     {6, {ElementType::kInt32, 0, 0}},
      {7, {ElementType::kInt64, 0, 0}},  {9, {ElementType::kBool, 0, 0}},      {10, {ElementType::kFloat, 11, -24}},
      {11, {ElementType::kFloat, 0, 0}}, {16, {ElementType::kFloat, 8, -133}}, {21, {ElementType::kUint4, 0, 0}},
      {22, {ElementType::kInt4, 0, 0}},
  };
  return kTargets;
}

constexpr float kLargestHalf = 65504.0F;

}  // namespace

CastTarget cast_target(const Node& node) {
  const std::int64_t to = int_attribute(node, "to", 0);
  const auto found = targets().find(to);
  if (found == targets().end()) {
    refuse(node, "casts to element type " + std::to_string(to) +
                     "; accepted: 1 (FLOAT), 2 (UINT8), 3 (INT8), 4 (UINT16), 5 (INT16), 6 (INT32), 7 (INT64), 9 "
                     "(BOOL), 10 (FLOAT16), 11 (DOUBLE), 16 (BFLOAT16), 21 (UINT4), 22 (INT4)");
  }
  return found->second;
}

float cast_element(const Node& node, float value, const CastTarget& target) {
  if (target.type == ElementType::kBool) return value != 0.0F ? 1.0F : 0.0F;
  if (target.type != ElementType::kFloat) {
    const IntegerRange range = integer_range(target.type);
    const float whole = std::trunc(value);
    if (!(whole >= static_cast<float>(range.low) && whole <= static_cast<float>(range.high))) {
      refuse(node,
             "casts " + number_text(value) + " to " + type_name(target.type) + "; accepted: numbers inside its range");
    }
    return whole;
  }
  if (target.significant_bits == 0 || !std::isfinite(value) || value == 0.0F) return value;
  int exponent = 0;
  std::frexp(value, &exponent);
  const float unit = std::ldexp(1.0F, std::max(exponent - target.significant_bits, target.least_exponent));
  const float rounded = std::nearbyint(value / unit) * unit;
  const bool half = target.significant_bits == 11;
  return half && std::fabs(rounded) > kLargestHalf ? std::copysign(INFINITY, value) : rounded;
}

TensorType infer_cast(const NodeView& view) { return {cast_target(view.node).type, input_of(view, 0, "input").shape}; }

Value fold_cast(const NodeView& view, const TensorType& type) {
  Value value = constant_of(type);
  const Value& input = input_of(view, 0, "input");
  const CastTarget target = cast_target(view.node);
  if (type.type == ElementType::kFloat) {
    value.floats = as_floats(input);
    for (float& element : value.floats.data) element = cast_element(view.node, element, target);
    return value;
  }
  if (input.type == ElementType::kFloat) {
    value.integers = Tensor<std::int64_t>(input.shape);
    for (std::size_t i = 0; i < input.floats.data.size(); ++i) {
      const float whole = cast_element(view.node, input.floats.data[i], target);
      if (!(std::fabs(whole) < 9.2e18F)) refuse(view.node, "casts " + number_text(whole) + " to an integer");
      value.integers.data[i] = static_cast<std::int64_t>(whole);
    }
    return value;
  }
  value.integers = input.integers;
  const IntegerRange range = integer_range(target.type);
  for (std::int64_t& element : value.integers.data) {
    if (target.type == ElementType::kBool) element = element != 0 ? 1 : 0;
    if (element >= range.low && element <= range.high) continue;
    refuse(view.node, "casts " + std::to_string(element) + " to " + type_name(target.type) +
                          "; accepted: numbers inside its range");
  }
  return value;
}

}  // namespace systoliq::sw_ref
