// SPDX-License-Identifier: Apache-2.0
// Kernels that compute each element on its own, from one tensor or from several that broadcast.
#include <algorithm>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/cast.h"
#include "sw_ref/frontend/graph/elementwise.h"

namespace systoliq::sw_ref {
namespace {

template <typename Function>
Kernel on_each(Function function) {
  return {{0}, [function](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            std::transform(operands[0]->data.begin(), operands[0]->data.end(), output.data.begin(), function);
            return output;
          }};
}

std::vector<std::size_t> all_operands(const KernelRequest& request) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < request.view.inputs.size(); ++i) all.push_back(i);
  return all;
}

}  // namespace

Kernel make_unary(const KernelRequest& request) {
  if (request.view.node.op == "Relu") {  // too frequent for a call through a pointer
    return on_each([](float x) { return x < 0.0F ? 0.0F : x; });
  }
  return on_each(unary_function(request.view));
}

Kernel make_binary(const KernelRequest& request) {
  if (request.view.node.op == "Add") {
    return {{0, 1}, [shape = request.output](const Operands& operands) {
              return combined<float>(*operands[0], *operands[1], shape, [](float a, float b) { return a + b; });
            }};
  }
  const auto operation = binary_operation(request.view.node.op)->real;
  return {{0, 1}, [shape = request.output, operation](const Operands& operands) {
            return combined<float>(*operands[0], *operands[1], shape, operation);
          }};
}

Kernel make_variadic(const KernelRequest& request) {
  const std::string& op = request.view.node.op;
  const auto operation = binary_operation(op == "Sum" || op == "Mean" ? "Add" : op)->real;
  return {all_operands(request), [shape = request.output, operation, mean = op == "Mean"](const Operands& operands) {
            FloatTensor result = moved(*operands[0], broadcast_walk(operands[0]->shape, shape));
            for (std::size_t i = 1; i < operands.size(); ++i) {
              result = combined<float>(result, *operands[i], shape, operation);
            }
            for (float& element : result.data) {
              if (mean) element /= static_cast<float>(operands.size());
            }
            return result;
          }};
}

Kernel make_logical_not(const KernelRequest&) {
  return on_each([](float x) { return 1.0F - x; });
}

Kernel make_where(const KernelRequest& request) {
  return {{0, 1, 2}, [shape = request.output](const Operands& operands) {
            const FloatTensor condition = moved(*operands[0], broadcast_walk(operands[0]->shape, shape));
            FloatTensor result = moved(*operands[1], broadcast_walk(operands[1]->shape, shape));
            const FloatTensor other = moved(*operands[2], broadcast_walk(operands[2]->shape, shape));
            for (std::size_t i = 0; i < result.data.size(); ++i) {
              if (condition.data[i] == 0.0F) result.data[i] = other.data[i];
            }
            return result;
          }};
}

Kernel make_cast(const KernelRequest& request) {
  Node head = request.view.node;  // outlives the graph's nodes, which may move
  return on_each([head, target = cast_target(head)](float x) { return cast_element(head, x, target); });
}

}  // namespace systoliq::sw_ref
