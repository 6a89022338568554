// SPDX-License-Identifier: Apache-2.0
// The functions, after the ONNX operator definitions, in float32.
#include "sw_ref/frontend/graph/elementwise.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"

namespace systoliq::sw_ref {
namespace {

using Function = std::function<float(float)>;
using Whole = std::optional<std::int64_t>;

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
float softplus(float x) { return std::max(x, 0.0F) + std::log1p(std::exp(-std::fabs(x))); }
float limited(float x, float low, float high) { return std::min(std::max(x, low), high); }

/// Functions without attributes.
const std::map<std::string, float (*)(float)>& plain_functions() {
  static const std::map<std::string, float (*)(float)> kFunctions = {
      {"Abs", [](float x) { return std::fabs(x); }},
      {"Ceil", [](float x) { return std::ceil(x); }},
      {"Cos", [](float x) { return std::cos(x); }},
      {"Erf", [](float x) { return std::erf(x); }},
      {"Exp", [](float x) { return std::exp(x); }},
      {"Floor", [](float x) { return std::floor(x); }},
      {"HardSwish", [](float x) { return x * limited(x / 6.0F + 0.5F, 0.0F, 1.0F); }},
      {"Log", [](float x) { return std::log(x); }},
      {"Mish", [](float x) { return x * std::tanh(softplus(x)); }},
      {"Neg", [](float x) { return -x; }},
      {"Reciprocal", [](float x) { return 1.0F / x; }},
      {"Relu", [](float x) { return x < 0.0F ? 0.0F : x; }},
      {"Round", [](float x) { return std::nearbyint(x); }},
      {"Sigmoid", sigmoid},
      {"Sign", [](float x) { return x > 0.0F ? 1.0F : (x < 0.0F ? -1.0F : x); }},
      {"Sin", [](float x) { return std::sin(x); }},
      {"Softplus", softplus},
      {"Softsign", [](float x) { return x / (1.0F + std::fabs(x)); }},
      {"Sqrt", [](float x) { return std::sqrt(x); }},
      {"Tanh", [](float x) { return std::tanh(x); }},
  };
  return kFunctions;
}

Function gelu(const Node& node) {
  const std::string form = string_attribute(node, "approximate", "none");
  if (form == "none") return [](float x) { return 0.5F * x * (1.0F + std::erf(x * 0.70710678118654752F)); };
  if (form != "tanh") refuse(node, "approximate is '" + form + "'; accepted: none, tanh");
  return [](float x) { return 0.5F * x * (1.0F + std::tanh(0.7978845608028654F * (x + 0.044715F * x * x * x))); };
}

Function hard_sigmoid(const Node& node) {
  const float a = float_attribute(node, "alpha", 0.2F), b = float_attribute(node, "beta", 0.5F);
  return [a, b](float x) { return limited(a * x + b, 0.0F, 1.0F); };
}

/// Functions whose attributes shape them.
const std::map<std::string, Function (*)(const Node&)>& shaped_functions() {
  using Make = Function (*)(const Node&);
  static const std::map<std::string, Make> kFunctions = {
      {"Celu",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 1.0F);
         return [a](float x) { return std::max(x, 0.0F) + std::min(0.0F, a * std::expm1(x / a)); };
       }},
      {"Elu",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 1.0F);
         return [a](float x) { return x < 0.0F ? a * std::expm1(x) : x; };
       }},
      {"Gelu", gelu},
      {"HardSigmoid", hard_sigmoid},
      {"LeakyRelu",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 0.01F);
         return [a](float x) { return x < 0.0F ? a * x : x; };
       }},
      {"Selu",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 1.67326319217681884765625F);
         const float g = float_attribute(node, "gamma", 1.05070102214813232421875F);
         return [a, g](float x) { return g * (x < 0.0F ? a * std::expm1(x) : x); };
       }},
      {"Swish",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 1.0F);
         return [a](float x) { return x * sigmoid(a * x); };
       }},
      {"ThresholdedRelu",
       [](const Node& node) -> Function {
         const float a = float_attribute(node, "alpha", 1.0F);
         return [a](float x) { return x > a ? x : 0.0F; };
       }},
  };
  return kFunctions;
}

Whole sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? Whole() : Whole(result);
}
Whole difference(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_sub_overflow(a, b, &result) ? Whole() : Whole(result);
}
Whole product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? Whole() : Whole(result);
}
Whole quotient(std::int64_t a, std::int64_t b) {
  if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return {};
  return a / b;
}
/// The remainder with the divisor's sign.
Whole remainder_of(std::int64_t a, std::int64_t b) {
  if (b == 0 || b == -1) return b == 0 ? Whole() : Whole(0);
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

template <typename Compare>
BinaryOperation comparison(Compare) {
  return {[](float a, float b) { return Compare()(a, b) ? 1.0F : 0.0F; },
          [](std::int64_t a, std::int64_t b) -> Whole { return Compare()(a, b) ? 1 : 0; }, true, false};
}

template <typename Logic>
BinaryOperation logic(Logic) {
  return {[](float a, float b) { return Logic()(a != 0.0F, b != 0.0F) ? 1.0F : 0.0F; },
          [](std::int64_t a, std::int64_t b) -> Whole { return Logic()(a != 0, b != 0) ? 1 : 0; }, true, true};
}

}  // namespace

Function unary_function(const NodeView& view) {
  const Node& node = view.node;
  if (!node.domain.empty()) return nullptr;
  if (node.op == "Clip") {
    const ClipLimits limits = clip_limits(view);
    return [limits](float x) { return limited(x, limits.low, limits.high); };
  }
  const auto plain = plain_functions().find(node.op);
  if (plain != plain_functions().end()) return plain->second;
  const auto shaped = shaped_functions().find(node.op);
  return shaped == shaped_functions().end() ? nullptr : shaped->second(node);
}

const BinaryOperation* binary_operation(const std::string& op) {
  static const std::map<std::string, BinaryOperation> kOperations = {
      {"Add", {[](float a, float b) { return a + b; }, sum, false, false}},
      {"And", logic(std::logical_and<>())},
      {"Div", {[](float a, float b) { return a / b; }, quotient, false, false}},
      {"Equal", comparison(std::equal_to<>())},
      {"Greater", comparison(std::greater<>())},
      {"GreaterOrEqual", comparison(std::greater_equal<>())},
      {"Less", comparison(std::less<>())},
      {"LessOrEqual", comparison(std::less_equal<>())},
      {"Max",
       {[](float a, float b) { return std::max(a, b); },
        [](std::int64_t a, std::int64_t b) -> Whole { return std::max(a, b); }, false, false}},
      {"Min",
       {[](float a, float b) { return std::min(a, b); },
        [](std::int64_t a, std::int64_t b) -> Whole { return std::min(a, b); }, false, false}},
      {"Mod", {[](float a, float b) { return std::fmod(a, b); }, remainder_of, false, false}},
      {"Mul", {[](float a, float b) { return a * b; }, product, false, false}},
      {"Or", logic(std::logical_or<>())},
      {"PRelu", {[](float a, float b) { return a < 0.0F ? a * b : a; }, nullptr, false, false}},
      {"Pow", {[](float a, float b) { return std::pow(a, b); }, nullptr, false, false}},
      {"Sub", {[](float a, float b) { return a - b; }, difference, false, false}},
      {"Xor", logic(std::not_equal_to<>())},
  };
  const auto found = kOperations.find(op);
  return found == kOperations.end() ? nullptr : &found->second;
}

Movement broadcast_walk(const Shape& from, const Shape& to) {
  const Movement own = whole_walk(from);
  Movement walk;
  walk.shape = to;
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const std::size_t added = to.size() - from.size();
    const bool repeats = axis < added || from[axis - added] == 1;
    walk.axes.push_back({to[axis], 0, repeats ? 0 : own.axes[axis - added].step, {}});
  }
  return walk;
}

}  // namespace systoliq::sw_ref
