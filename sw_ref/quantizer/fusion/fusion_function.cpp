// SPDX-License-Identifier: Apache-2.0
// Functions of one element become one table: nodes are gathered until something else reads their result.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sw_ref/quantizer/fusion/function_nodes.h"
#include "sw_ref/quantizer/fusion/fusion.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::size_t kLongestFunction = 64;  ///< steps of one table; computing it takes time in proportion

using Kind = FunctionOperand::Kind;

bool is_clamp(const std::string& op) { return op == "Relu" || op == "Clip"; }

/// True where the last step clamps what the step before it yields, or the argument where it is the only one.
bool ends_in_clamp(const ElementFunction& steps) {
  if (steps.empty() || !is_clamp(steps.back().op)) return false;
  const FunctionOperand& clamped = steps.back().operands.at(0);
  if (steps.size() == 1) return clamped.kind == Kind::kArgument;
  return clamped.kind == Kind::kStep && clamped.step == static_cast<int>(steps.size()) - 2;
}

/// The real bounds of a Relu or Clip step.
std::pair<double, double> bounds_of(const FunctionStep& step) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (step.op == "Relu") return {0.0, kInfinity};
  const auto bound = [&](std::size_t i, double fallback) {
    const bool given = i < step.operands.size() && step.operands[i].kind == Kind::kConstant;
    return given ? double{step.operands[i].constant} : fallback;
  };
  return {bound(1, -kInfinity), bound(2, kInfinity)};
}

FunctionOperand constant_operand(double value) {
  FunctionOperand operand;
  operand.kind = Kind::kConstant;
  operand.constant = static_cast<float>(value);
  return operand;
}

}  // namespace

/// The real number that a constant of one element stands for, as DequantizeLinear computes it.
double Lowering::scalar_of(const Constant& constant) {
  const double value = constant.values.data.at(0);
  if (!constant.is_quantized()) return value;
  return double{static_cast<float>(value - constant.zero_point) * constant.scales.at(0)};
}

bool Lowering::is_read_as_tensor(const std::string& name) const {
  if (input_.boundaries.count(name) != 0) return true;
  const auto users = consumers_.find(name);
  if (users == consumers_.end()) return false;
  return std::any_of(users->second.begin(), users->second.end(),
                     [&](const Node* user) { return user == nullptr || functions_.count(user) == 0; });
}

void Lowering::lower_function(const Node& node) {
  if (is_clamp(node.op)) {
    const FusedLayer* layer = open_layer(node.inputs.at(0));
    if (layer != nullptr && can_clamp(*layer)) return lower_clamp(node);
  }
  if (fold_affine(node) || fold_into_readers(node)) return;
  std::vector<View> arguments;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i].empty() || is_constant(node.inputs[i])) continue;
    const auto gathered = gathered_.find(node.inputs[i]);
    arguments.push_back(gathered != gathered_.end() ? gathered->second.argument : whole_view(node, i));
  }
  const bool one = !arguments.empty() && std::all_of(arguments.begin(), arguments.end(), [&](const View& view) {
    return view.tensor == arguments.front().tensor && view.axes == arguments.front().axes;
  });
  if (!one) {  // a function so long that it was cut
    for (const std::string& input : node.inputs) add_function_layer(input);
    return lower_operator(node);
  }
  GatheredFunction function;
  function.argument = arguments.front();
  append_step(node, &function);
  const bool too_long = function.steps.size() >= kLongestFunction;
  const std::string& output = node.outputs.at(0);
  gathered_[output] = std::move(function);
  if (too_long || is_read_as_tensor(output)) add_function_layer(output);
  if (too_long || input_.boundaries.count(output) != 0) gathered_.erase(output);
}

/// The steps of the node's operands, each node once, and then the node's own.
void Lowering::append_step(const Node& node, GatheredFunction* function) {
  FunctionStep step;
  step.op = node.op;
  step.attributes = node.attributes;
  for (const std::string& input : node.inputs) {
    FunctionOperand operand;
    const auto gathered = gathered_.find(input);
    if (input.empty()) {
      operand.kind = Kind::kAbsent;
    } else if (is_constant(input)) {
      operand = constant_operand(scalar_of(*constants_.find(input)));
    } else if (gathered != gathered_.end()) {
      operand.kind = Kind::kStep;
      operand.step = append_steps(gathered->second, function);
    }
    step.operands.push_back(operand);
  }
  if (node.op == "Clip") {
    const auto [low, high] = clamp_bounds(node);
    step.attributes.clear();
    step.operands.resize(1);
    step.operands.push_back(constant_operand(low));
    step.operands.push_back(constant_operand(high));
    for (FunctionOperand& bound : step.operands) {
      if (bound.kind == Kind::kConstant && std::isinf(bound.constant)) bound.kind = Kind::kAbsent;
    }
  }
  function->steps.push_back(std::move(step));
  function->nodes.push_back(&node);
}

/// Where the last step of `from` lies in `function` after its steps have been appended.
int Lowering::append_steps(const GatheredFunction& from, GatheredFunction* function) {
  std::vector<int> places;
  for (std::size_t i = 0; i < from.steps.size(); ++i) {
    const auto known = std::find(function->nodes.begin(), function->nodes.end(), from.nodes[i]);
    places.push_back(static_cast<int>(known - function->nodes.begin()));
    if (known != function->nodes.end()) continue;
    function->nodes.push_back(from.nodes[i]);
    function->steps.push_back(from.steps[i]);
    for (FunctionOperand& operand : function->steps.back().operands) {
      if (operand.kind == Kind::kStep) operand.step = nth(places, operand.step);
    }
  }
  return places.back();
}

/// A layer for the function that was gathered under that name; clamps at its end are the layer's.
void Lowering::add_function_layer(const std::string& name) {
  const auto gathered = gathered_.find(name);
  if (gathered == gathered_.end() || views_.count(name) != 0) return;
  GatheredFunction function = gathered->second;
  const std::vector<const Node*>& nodes = function.nodes;
  FusedLayer& layer = add_elementwise(*nodes.back(), LayerOp::kLookup, {function.argument.tensor}, function.argument);
  std::vector<std::pair<double, double>> clamps;
  while (ends_in_clamp(function.steps)) {
    clamps.push_back(bounds_of(function.steps.back()));
    function.steps.pop_back();
  }
  for (auto bounds = clamps.rbegin(); bounds != clamps.rend(); ++bounds) {
    layer.clamp_low = std::clamp(layer.clamp_low, bounds->first, bounds->second);
    layer.clamp_high = std::clamp(layer.clamp_high, bounds->first, bounds->second);
  }
  const Node& own = *nodes[function.steps.empty() ? 0 : function.steps.size() - 1];
  layer.name = own.name;
  layer.where = describe(own);
  layer.function = std::move(function.steps);
  for (const Node* node : nodes) {
    FusedNode fused = fused_node(*node);
    const bool follows = !layer.nodes.empty() && layer.nodes.back().fits_host && follows_host(*node);
    fused.fits_host = fused.fits_host || follows;
    layer.nodes.push_back(std::move(fused));
  }
}

}  // namespace systoliq::sw_ref
