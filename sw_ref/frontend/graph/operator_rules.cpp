// SPDX-License-Identifier: Apache-2.0
// Checks a node against its row of the table.
#include "sw_ref/frontend/graph/operator_rules.h"

#include <algorithm>
#include <map>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/tensor_operations.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::size_t kHighestRank = 8;

bool has_kind(const Attribute& value, AttributeKind kind) {
  switch (kind) {
    case AttributeKind::kInt:
      return std::holds_alternative<std::int64_t>(value);
    case AttributeKind::kFloat:
    case AttributeKind::kNumber:
      return std::holds_alternative<float>(value);
    case AttributeKind::kString:
      return std::holds_alternative<std::string>(value);
    case AttributeKind::kInts:
      return std::holds_alternative<std::vector<std::int64_t>>(value);
    case AttributeKind::kFloats:
      return std::holds_alternative<std::vector<float>>(value);
    case AttributeKind::kTensor:
      return false;  // has become an input
  }
  return false;
}

const char* kind_name(AttributeKind kind) {
  constexpr const char* kNames[] = {"INT", "FLOAT", "STRING", "INTS", "FLOATS", "TENSOR", "FLOAT"};
  return kNames[static_cast<int>(kind)];
}

/// The operator's attributes at this opset; those of other domains have always been the same.
bool exists(const OperatorRule& rule, const AttributeRule& attribute, std::int64_t opset) {
  return rule.domain[0] != '\0' || (attribute.since <= opset && opset <= attribute.until);
}

void expect_known_attributes(const NodeView& view, const OperatorRule& rule) {
  for (const auto& [name, value] : view.node.attributes) {
    if (rule.outputs > 1 && (name == kOutputAttribute || name == kOutputCountAttribute)) continue;
    const auto known = std::find_if(rule.attributes.begin(), rule.attributes.end(),
                                    [&name = name](const AttributeRule& row) { return name == row.name; });
    if (known == rule.attributes.end() || !exists(rule, *known, view.opset)) {
      std::string accepted;
      for (const AttributeRule& row : rule.attributes) {
        if (exists(rule, row, view.opset)) accepted += (accepted.empty() ? "" : ", ") + std::string(row.name);
      }
      refuse(view.node, "attribute '" + name + "' is not known" +
                            (known == rule.attributes.end() ? "" : " in opset " + std::to_string(view.opset)) +
                            "; accepted: " + (accepted.empty() ? "none" : accepted));
    }
    if (!has_kind(value, known->kind)) {
      refuse(view.node, "attribute '" + name + "' has the wrong type; accepted: " + kind_name(known->kind));
    }
  }
}

void expect_counts(const Node& node, const OperatorRule& rule) {
  const std::size_t inputs = node.inputs.size();
  if (inputs < rule.least_inputs || inputs > rule.most_inputs) {
    refuse(node, "has " + std::to_string(inputs) + " inputs; accepted: " + std::to_string(rule.least_inputs) + " to " +
                     std::to_string(rule.most_inputs));
  }
}

std::string full_name(const OperatorRule& rule) {
  return (rule.domain[0] == '\0' ? "" : std::string(rule.domain) + ".") + rule.op;
}

}  // namespace

const OperatorRule* find_rule(const std::string& domain, const std::string& op) {
  static const auto kByName = [] {
    std::map<std::pair<std::string, std::string>, const OperatorRule*> rules;
    for (const OperatorRule& rule : operator_table()) rules[{rule.domain, rule.op}] = &rule;
    return rules;
  }();
  const auto found = kByName.find({domain, op});
  return found == kByName.end() ? nullptr : found->second;
}

std::string supported_operators() {
  std::string names;
  for (const OperatorRule& rule : operator_table()) {
    names += (names.empty() ? "" : ", ") + full_name(rule) + (rule.of_constants ? " (of constants)" : "");
  }
  return names;
}

void check_node(const NodeView& view) {
  const OperatorRule* rule = find_rule(view.node.domain, view.node.op);
  if (rule == nullptr) refuse(view.node, "the operator is not supported; supported: " + supported_operators());
  if (rule->domain[0] == '\0' && (view.opset < rule->since || view.opset > rule->until)) {
    refuse(view.node, "the operator does not exist in opset " + std::to_string(view.opset) + "; accepted: opset " +
                          std::to_string(rule->since) +
                          (rule->until < 1000 ? " to " + std::to_string(rule->until) : " or later"));
  }
  expect_known_attributes(view, *rule);
}

TensorType infer_output(const NodeView& view) {
  const OperatorRule* rule = find_rule(view.node.domain, view.node.op);
  if (rule == nullptr) refuse(view.node, "the operator is not supported; supported: " + supported_operators());
  check(rule->infer != nullptr, "a Constant node reached the operator rules");
  expect_counts(view.node, *rule);
  TensorType type = rule->infer(view);
  if (type.shape.size() > kHighestRank) {
    refuse(view.node, "yields " + std::to_string(type.shape.size()) + " axes; accepted: up to 8");
  }
  checked_count(type.shape, describe(view.node) + ": output '" + view.node.outputs[0] + "'");
  return type;
}

Value constant_of(const TensorType& type) {
  Value value;
  value.type = type.type;
  value.shape = type.shape;
  value.is_constant = true;
  return value;
}

std::int64_t output_index(const Node& node) { return int_attribute(node, kOutputAttribute, 0); }

bool folds(const NodeView& view, const OperatorRule& rule) {
  if (rule.fold == nullptr) return false;
  if (rule.domain[0] == '\0' && (view.node.op == "Shape" || view.node.op == "Size")) return true;
  return std::all_of(view.inputs.begin(), view.inputs.end(),
                     [](const Value* input) { return input == nullptr || input->is_constant; });
}

}  // namespace systoliq::sw_ref
