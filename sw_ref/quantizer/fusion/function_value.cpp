// SPDX-License-Identifier: Apache-2.0
// Every step becomes a call of the importer's own definition of its operator.
#include "sw_ref/quantizer/fusion/function_value.h"

#include <set>
#include <utility>
#include <vector>

#include "sw_ref/frontend/graph/elementwise.h"
#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kNewestOpset = 24;

using Kind = FunctionOperand::Kind;
/// A step on the values of its operands.
using Compute = std::function<float(const std::vector<float>&)>;

const std::set<std::string>& unary_operators() {
  static const std::set<std::string> kNames = {
      "Abs",   "Ceil",           "Celu",      "Clip",      "Cos", "Elu",      "Erf",      "Exp",        "Floor",
      "Gelu",  "HardSigmoid",    "HardSwish", "LeakyRelu", "Log", "Mish",     "Neg",      "Reciprocal", "Relu",
      "Round", "Selu",           "Sigmoid",   "Sign",      "Sin", "Softplus", "Softsign", "Sqrt",       "Swish",
      "Tanh",  "ThresholdedRelu"};
  return kNames;
}

const std::set<std::string>& binary_operators() {
  static const std::set<std::string> kNames = {"Add", "Div", "Max", "Mean", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum"};
  return kNames;
}

Compute unary(const FunctionStep& step) {
  Node node;
  node.name = node.op = step.op;
  node.attributes = step.attributes;
  std::vector<Value> values(step.operands.size());
  NodeView view{node, {}, kNewestOpset};
  for (std::size_t i = 0; i < step.operands.size(); ++i) {
    values[i].is_constant = true;
    values[i].floats = FloatTensor(Shape{}, {step.operands[i].constant});
    view.inputs.push_back(step.operands[i].kind == Kind::kAbsent ? nullptr : &values[i]);
  }
  return [function = unary_function(view)](const std::vector<float>& x) { return function(x[0]); };
}

Compute combining(const FunctionStep& step) {
  const bool mean = step.op == "Mean";
  const auto operation = binary_operation(mean || step.op == "Sum" ? "Add" : step.op)->real;
  return [operation, mean](const std::vector<float>& x) {
    float result = x[0];
    for (std::size_t i = 1; i < x.size(); ++i) result = operation(result, x[i]);
    return mean ? result / static_cast<float>(x.size()) : result;
  };
}

}  // namespace

bool is_function_operator(const std::string& op) {
  return unary_operators().count(op) != 0 || binary_operators().count(op) != 0;
}

std::function<float(float)> value_of(const ElementFunction& function) {
  std::vector<std::pair<Compute, std::vector<FunctionOperand>>> steps;
  for (const FunctionStep& step : function) {
    check(is_function_operator(step.op), "no function of one element: " + step.op);
    steps.emplace_back(unary_operators().count(step.op) != 0 ? unary(step) : combining(step), step.operands);
  }
  return [steps](float x) {
    std::vector<float> results;
    for (const auto& [compute, operands] : steps) {
      std::vector<float> values;
      for (const FunctionOperand& operand : operands) {
        const bool is_step = operand.kind == Kind::kStep;
        values.push_back(is_step ? nth(results, operand.step) : operand.kind == Kind::kArgument ? x : operand.constant);
      }
      results.push_back(compute(values));
    }
    return results.empty() ? x : results.back();
  };
}

}  // namespace systoliq::sw_ref
