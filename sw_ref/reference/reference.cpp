// SPDX-License-Identifier: Apache-2.0
// Walks the layers in order and hands each its inputs.
#include "sw_ref/reference/reference.h"

#include <algorithm>
#include <string>

#include "sw_ref/reference/layers.h"
#include "types/util/cancellation.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// A given tensor must have the network's shape and lie in the range of its bits.
void check_given(const QuantizedTensor& tensor, const IntTensor& values) {
  if (values.shape != tensor.shape) {
    throw InputError("tensor '" + tensor.name + "': shape " + to_string(values.shape) + " given, " +
                     to_string(tensor.shape) + " needed");
  }
  const std::int32_t lowest = -(1 << (tensor.bits - 1));
  const std::int32_t highest = -lowest - 1;
  for (const std::int32_t value : values.data) {
    if (value < lowest || value > highest) {
      throw InputError("tensor '" + tensor.name + "': stored value " + std::to_string(value) + " is outside " +
                       std::to_string(lowest) + " to " + std::to_string(highest));
    }
  }
}

void check_order(const AccumulationOrder& order) {
  check(order.rows >= 1 && order.accumulator_bits >= 12 && order.accumulator_bits <= 48,
        "accumulation order: rows or accumulator width out of range");
}

}  // namespace

IntTensor run_layer(const QuantizedNetwork& network, std::size_t layer, const std::vector<const IntTensor*>& inputs,
                    const AccumulationOrder& order, KernelTapPacking packing, std::int64_t* overflows) {
  const QuantizedLayer& l = network.layers.at(layer);
  check_order(order);
  throw_if_canceled();
  check(inputs.size() == l.inputs.size() && !inputs.empty(), "layer '" + l.name + "': wrong number of inputs");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_given(network.tensors.at(static_cast<std::size_t>(l.inputs[i])), *inputs[i]);
  }
  std::int64_t counted = 0;
  const auto compute = [&]() -> IntTensor {
    switch (l.op) {
      case LayerOp::kConvolution:
        return convolve(network, l, *inputs[0], order, packing, &counted);
      case LayerOp::kMaxPool:
        return max_pool(network, l, *inputs[0]);
      case LayerOp::kAveragePool:
        return average_pool(network, l, *inputs[0]);
      case LayerOp::kAdd:
        check(inputs.size() == 2, "residual add '" + l.name + "': two inputs needed");
        return add(network, l, *inputs[0], *inputs[1]);
      case LayerOp::kMultiply:
        check(inputs.size() == 2, "product '" + l.name + "': two inputs needed");
        return multiply(network, l, *inputs[0], *inputs[1], order.multiplier_bits);
      case LayerOp::kLookup:
        return look_up(network, l, *inputs[0]);
      case LayerOp::kConcat:
        return concatenate(network, l, inputs);
      case LayerOp::kPad:
        return pad(network, l, *inputs[0]);
      case LayerOp::kConvTranspose:
        return convolve_transposed(network, l, *inputs[0], order, &counted);
      case LayerOp::kMove:
        return move_elements(network, l, *inputs[0]);
    }
    throw InternalError("layer '" + l.name + "': unknown operation");
  };
  IntTensor output = compute();
  if (overflows != nullptr) *overflows = counted;
  return output;
}

ReferenceResult run_reference(const QuantizedNetwork& network, const std::map<int, IntTensor>& inputs,
                              const AccumulationOrder& order, const std::vector<KernelTapPacking>& packing,
                              const std::map<int, IntTensor>& forced) {
  ReferenceResult result;
  result.tensors.resize(network.tensors.size());
  result.overflows.assign(network.layers.size(), 0);
  check(packing.empty() || packing.size() == network.layers.size(), "kernel-tap packing: one entry per layer needed");
  for (const int index : network.inputs) {
    const auto given = inputs.find(index);
    const QuantizedTensor& tensor = network.tensors.at(static_cast<std::size_t>(index));
    if (given == inputs.end()) throw InputError("network input '" + tensor.name + "' was not given");
    check_given(tensor, given->second);
    nth(result.tensors, index) = given->second;
  }
  for (const auto& [index, values] : network.constants) {
    check_given(network.tensors.at(static_cast<std::size_t>(index)), values);
    nth(result.tensors, index) = values;
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const QuantizedLayer& layer = network.layers[i];
    std::vector<const IntTensor*> operands;
    for (const int index : layer.inputs) {
      const auto replaced = forced.find(index);
      operands.push_back(replaced != forced.end() ? &replaced->second
                                                  : &result.tensors.at(static_cast<std::size_t>(index)));
    }
    result.tensors.at(static_cast<std::size_t>(layer.output)) =
        run_layer(network, i, operands, order, packing.empty() ? KernelTapPacking{} : packing[i], &result.overflows[i]);
  }
  return result;
}

}  // namespace systoliq::sw_ref
