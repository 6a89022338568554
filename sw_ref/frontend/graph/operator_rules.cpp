// SPDX-License-Identifier: Apache-2.0
// The table of supported operators.
#include "sw_ref/frontend/graph/operator_rules.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/tensor_operations.h"

namespace systoliq::sw_ref {
namespace {

constexpr const char* kMicrosoft = "com.microsoft";
constexpr std::size_t kMostOperands = 1024;
constexpr std::size_t kHighestRank = 8;

const std::vector<OperatorRule>& rules() {
  static const std::vector<OperatorRule> kRules = {
      {"", "Add", 2, 2, infer_add, {}},
      {"", "AveragePool", 1, 1, infer_pool, {}},
      {"", "BatchNormalization", 5, 5, infer_batch_normalization, {}},
      {"", "Cast", 1, 1, infer_cast, {}, true},
      {"", "Clip", 1, 3, infer_clip, {}},
      {"", "Concat", 1, kMostOperands, infer_concat, {}},
      {"", "Constant", 0, 0, nullptr, {}, true},
      {"", "Conv", 2, 3, infer_convolution, {}},
      {"", "DequantizeLinear", 2, 3, infer_dequantize, {}},
      {"", "Dropout", 1, 3, infer_dropout, {}},
      {"", "Flatten", 1, 1, infer_flatten, {}},
      {"", "Gather", 2, 2, infer_gather, {}, true},
      {"", "Gemm", 2, 3, infer_gemm, {}},
      {"", "GlobalAveragePool", 1, 1, infer_global_average_pool, {}},
      {"", "Identity", 1, 1, infer_identity, {}},
      {"", "MatMul", 2, 2, infer_matmul, {}},
      {"", "MaxPool", 1, 1, infer_pool, {}},
      {"", "Pad", 1, 3, infer_pad, {}},
      {"", "QLinearConv", 8, 9, infer_qlinear_convolution, {}},
      {"", "QLinearMatMul", 8, 8, infer_qlinear_matmul, {}},
      {"", "QuantizeLinear", 2, 3, infer_quantize, {}},
      {"", "Relu", 1, 1, infer_unary, {}},
      {"", "Reshape", 2, 2, infer_reshape, {}},
      {"", "Shape", 1, 1, infer_shape, {}, true},
      {"", "Sigmoid", 1, 1, infer_unary, {}},
      {"", "Softmax", 1, 1, infer_softmax, {}},
      {"", "Squeeze", 1, 2, infer_squeeze, {}},
      {"", "Tanh", 1, 1, infer_unary, {}},
      {"", "Transpose", 1, 1, infer_transpose, {}},
      {"", "Unsqueeze", 1, 2, infer_unsqueeze, {}},
      {kMicrosoft,
       "QLinearAveragePool",
       4,
       5,
       infer_qlinear_average_pool,
       {"auto_pad", "ceil_mode", "channels_last", "count_include_pad", "kernel_shape", "pads", "strides"}},
      {kMicrosoft, "QLinearGlobalAveragePool", 4, 5, infer_qlinear_global_average_pool, {"channels_last"}},
  };
  return kRules;
}

void expect_known_attributes(const Node& node, const OperatorRule& rule) {
  if (node.domain.empty()) return;  // libonnx's checker knows them
  for (const auto& attribute : node.attributes) {
    const auto same = [&](const char* name) { return attribute.first == name; };
    if (std::none_of(rule.attributes.begin(), rule.attributes.end(), same)) {
      std::string accepted;
      for (const char* name : rule.attributes) accepted += (accepted.empty() ? "" : ", ") + std::string(name);
      refuse(node, "attribute '" + attribute.first + "' is not known; accepted: " + accepted);
    }
  }
}

void expect_counts(const Node& node, const OperatorRule& rule) {
  const std::size_t inputs = node.inputs.size();
  if (inputs < rule.least_inputs || inputs > rule.most_inputs) {
    refuse(node, "has " + std::to_string(inputs) + " inputs; accepted: " + std::to_string(rule.least_inputs) + " to " +
                     std::to_string(rule.most_inputs));
  }
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty()) {
      refuse(node, "has the further output '" + node.outputs[i] + "' (training or indices); accepted: the first only");
    }
  }
  if (node.outputs.empty() || node.outputs[0].empty()) refuse(node, "has no output");
}

}  // namespace

const OperatorRule* find_rule(const std::string& domain, const std::string& op) {
  for (const OperatorRule& rule : rules()) {
    if (domain == rule.domain && op == rule.op) return &rule;
  }
  return nullptr;
}

std::string supported_operators() {
  std::string names;
  for (const OperatorRule& rule : rules()) {
    const std::string domain = rule.domain[0] == '\0' ? "" : std::string(rule.domain) + ".";
    names += (names.empty() ? "" : ", ") + domain + rule.op + (rule.constants_only ? " (of constants)" : "");
  }
  return names;
}

TensorType infer_output(const NodeView& view) {
  const OperatorRule* rule = find_rule(view.node.domain, view.node.op);
  if (rule == nullptr) refuse(view.node, "the operator is not supported; supported: " + supported_operators());
  check(rule->infer != nullptr, "a Constant node reached the operator rules");
  expect_counts(view.node, *rule);
  expect_known_attributes(view.node, *rule);
  TensorType type = rule->infer(view);
  if (type.shape.size() > kHighestRank) {
    refuse(view.node, "yields " + std::to_string(type.shape.size()) + " axes; accepted: up to 8");
  }
  for (const std::int64_t size : type.shape) {
    if (size < 1 && !rule->constants_only) refuse(view.node, "yields the empty shape " + to_string(type.shape));
  }
  checked_count(type.shape, describe(view.node) + ": output '" + view.node.outputs[0] + "'");
  return type;
}

}  // namespace systoliq::sw_ref
