// SPDX-License-Identifier: Apache-2.0
// One walk in the order of the nodes; each function's output remembers its argument.
#include "sw_ref/quantizer/fusion/function_nodes.h"

#include <map>
#include <optional>

#include "sw_ref/quantizer/fusion/function_value.h"

namespace systoliq::sw_ref {
namespace {

class Search final {
 public:
  Search(const Graph& graph, ConstantPool* constants, const std::set<std::string>& boundaries)
      : graph_(graph), constants_(*constants), boundaries_(boundaries) {}

  std::set<const Node*> run() {
    std::set<const Node*> found;
    for (const Node& node : graph_.nodes) {
      const std::optional<Argument> argument = argument_of(node);
      if (!argument) continue;
      found.insert(&node);
      if (boundaries_.count(node.outputs.at(0)) == 0) arguments_[node.outputs[0]] = *argument;
    }
    return found;
  }

 private:
  /// `simple`: of operators that have been layers of their own ever since.
  struct Argument {
    std::string tensor;
    bool simple = true;
  };

  static bool is_simple(const std::string& op) {
    return op == "Relu" || op == "Clip" || op == "Sigmoid" || op == "Tanh";
  }

  const Shape* shape_of(const std::string& name) const {
    const auto found = graph_.values.find(name);
    return found == graph_.values.end() ? nullptr : &found->second.shape;
  }

  Argument origin(const std::string& name) const {
    const auto found = arguments_.find(name);
    return found == arguments_.end() ? Argument{name, true} : found->second;
  }

  std::optional<Argument> argument_of(const Node& node) {
    if (!node.domain.empty() || !is_function_operator(node.op)) return {};
    const Shape* output = shape_of(node.outputs.at(0));
    std::optional<Argument> argument;
    int tensors = 0;
    for (const std::string& input : node.inputs) {
      if (input.empty()) continue;
      if (const Constant* constant = constants_.find(input)) {
        if (constant->values.data.size() != 1 || constant->scales.size() > 1) return {};
        continue;
      }
      const Shape* shape = shape_of(input);
      const Argument next = origin(input);
      if (shape == nullptr || output == nullptr || *shape != *output) return {};
      if (argument && argument->tensor != next.tensor) return {};
      argument = Argument{next.tensor, next.simple && (!argument || argument->simple)};
      ++tensors;
    }
    const bool sum = node.op == "Add" || node.op == "Sum";
    if (!argument || (sum && tensors > 1 && argument->simple)) return {};
    argument->simple = argument->simple && is_simple(node.op);
    return argument;
  }

  const Graph& graph_;
  ConstantPool& constants_;
  const std::set<std::string>& boundaries_;
  std::map<std::string, Argument> arguments_;
};

}  // namespace

std::set<const Node*> function_nodes(const Graph& graph, ConstantPool* constants,
                                     const std::set<std::string>& boundaries) {
  return Search(graph, constants, boundaries).run();
}

}  // namespace systoliq::sw_ref
