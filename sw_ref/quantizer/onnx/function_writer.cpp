// SPDX-License-Identifier: Apache-2.0
// Steps become nodes; operators of newer opsets ask for theirs.
#include "sw_ref/quantizer/onnx/function_writer.h"

#include <map>
#include <vector>

#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// The opset in which operators that are younger than the writer's came.
std::int64_t opset_of(const std::string& op) {
  static const std::map<std::string, std::int64_t> kYoung = {
      {"HardSwish", 14}, {"Mish", 18}, {"Gelu", 20}, {"Swish", 24}};
  const auto found = kYoung.find(op);
  return found == kYoung.end() ? 1 : found->second;
}

std::string operand_name(const FunctionOperand& operand, const std::string& input, const std::string& step,
                         const std::vector<std::string>& results, OnnxGraph* graph) {
  switch (operand.kind) {
    case FunctionOperand::Kind::kArgument:
      return input;
    case FunctionOperand::Kind::kStep:
      return nth(results, operand.step);
    case FunctionOperand::Kind::kConstant:
      return graph->add_floats(graph->fresh(step + ".operand"), {}, {operand.constant});
    case FunctionOperand::Kind::kAbsent:
      break;
  }
  return "";
}

}  // namespace

void write_function(const ElementFunction& function, const std::string& node, const std::string& input,
                    const std::string& output, OnnxGraph* graph) {
  check(!function.empty(), "a function without steps is written elsewhere");
  std::vector<std::string> results;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const FunctionStep& step = function[i];
    const bool last = i + 1 == function.size();
    results.push_back(last ? output : graph->fresh(output + ".step" + std::to_string(i)));
    std::vector<std::string> operands;
    for (const FunctionOperand& operand : step.operands) {
      operands.push_back(operand_name(operand, input, results.back(), results, graph));
    }
    while (!operands.empty() && operands.back().empty()) operands.pop_back();
    onnx::NodeProto& written = graph->add_node(step.op, last ? node : results.back(), operands, results.back());
    for (const auto& [name, value] : step.attributes) OnnxGraph::set_attribute(written, name, value);
    graph->require_opset(opset_of(step.op));
  }
}

}  // namespace systoliq::sw_ref
