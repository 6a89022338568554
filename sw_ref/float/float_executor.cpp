// SPDX-License-Identifier: Apache-2.0
// Prepares a kernel for every node, computes at once what constants alone determine, and runs the rest in order.
#include "sw_ref/float/float_executor.h"

#include <algorithm>
#include <cmath>
#include <dnnl.hpp>
#include <vector>

#include "sw_ref/float/dnnl_operation.h"
#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "types/util/cancellation.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {

using Tensors = std::map<std::string, FloatTensor>;

struct FloatExecutor::Impl {
  struct Step {
    const Node* node = nullptr;
    Kernel kernel;
  };

  explicit Impl(const Graph& given) : graph(given) {
    const OneThread bounded;
    for (const Node& node : graph.nodes) prepare(node);
    for (const std::string& output : graph.outputs) {
      const auto value = graph.values.find(output);
      if (value == graph.values.end()) throw InputError("output '" + output + "' is computed by no node");
      if (value->second.is_constant) constant(value->second);
    }
  }

  /// A constant of the graph as float, converted once.
  const FloatTensor* constant(const Value& value) {
    return &constants.try_emplace(value.name, as_floats(value)).first->second;
  }

  const FloatTensor* known(const Value* value) {
    if (value == nullptr) return nullptr;
    const auto found = constants.find(value->name);
    if (found != constants.end()) return &found->second;
    return value->is_constant ? constant(*value) : nullptr;
  }

  void prepare(const Node& node) {
    const NodeView view = view_of(graph, node);
    const TensorType type = infer_output(view);
    KernelRequest request{view, {}, type.shape};
    for (const Value* input : view.inputs) request.constants.push_back(known(input));
    Step step{&node, make(request)};
    bool all_known = true;
    for (const std::size_t operand : step.kernel.operands) all_known &= request.constants[operand] != nullptr;
    if (!all_known) {
      steps.push_back(std::move(step));
      return;
    }
    Operands operands;
    for (const std::size_t operand : step.kernel.operands) operands.push_back(request.constants[operand]);
    constants[node.outputs[0]] = step.kernel.run(operands);
  }

  static Kernel make(const KernelRequest& request) {
    try {
      return make_kernel(request);
    } catch (const dnnl::error& error) {
      refuse(request.view.node, std::string("oneDNN cannot compute it: ") + error.what());
    }
  }

  void check_input(const std::string& name, const FloatTensor& tensor) const {
    if (std::find(graph.inputs.begin(), graph.inputs.end(), name) == graph.inputs.end()) {
      throw InputError("the network has no input '" + name + "'");
    }
    const Value& value = graph.values.at(name);
    if (tensor.shape != value.shape) {
      throw InputError("input '" + name + "' has shape " + to_string(tensor.shape) +
                       "; accepted: " + to_string(value.shape));
    }
    if (value.type == ElementType::kFloat) return;
    for (const float element : tensor.data) {
      if (element != std::nearbyint(element) || element < lowest_integer(value.type) ||
          element > highest_integer(value.type)) {
        throw InputError("input '" + name + "' holds " + number_text(element) + "; accepted: integers of type " +
                         type_name(value.type));
      }
    }
  }

  Tensors run(const Tensors& inputs) const {
    for (const auto& input : inputs) check_input(input.first, input.second);
    for (const std::string& name : graph.inputs) {
      if (inputs.count(name) == 0) throw InputError("input '" + name + "' is not given");
    }
    const OneThread bounded;
    Tensors tensors = inputs;
    for (const Step& step : steps) {
      throw_if_canceled();
      Operands operands;
      for (const std::size_t index : step.kernel.operands) {
        const std::string& name = step.node->inputs[index];
        const auto found = constants.find(name);
        operands.push_back(found != constants.end() ? &found->second : &tensors.at(name));
      }
      tensors[step.node->outputs[0]] = step.kernel.run(operands);
    }
    for (const std::string& output : graph.outputs) {
      const auto found = constants.find(output);
      if (found != constants.end()) tensors[output] = found->second;
    }
    return tensors;
  }

  const Graph& graph;
  Tensors constants;  ///< of the graph, and what was computed from them; addresses stay valid
  std::vector<Step> steps;
};

FloatExecutor::FloatExecutor(const Graph& graph) : impl_(std::make_unique<Impl>(graph)) {}
FloatExecutor::~FloatExecutor() = default;

Tensors FloatExecutor::run(const Tensors& inputs) const { return impl_->run(inputs); }

Tensors run_float(const Graph& graph, const Tensors& inputs) { return FloatExecutor(graph).run(inputs); }

}  // namespace systoliq::sw_ref
