// SPDX-License-Identifier: Apache-2.0
// Between tensors and the machine's memory.
#include "tb/compare/compiled_network.h"

#include <string>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "types/util/index.h"

namespace systoliq::tb {

CompiledNetwork::CompiledNetwork(const QuantizedNetwork& network, const model::AcceleratorConfig& config)
    : network_(network), config_(config) {
  if (network.inputs.size() != 1) {
    throw InputError("network '" + network.name + "' has " + std::to_string(network.inputs.size()) +
                     " inputs; exactly one is accepted");
  }
  input_ = network.inputs.front();
  program_ = model::compile(network, config);
}

AccumulationOrder CompiledNetwork::order() const {
  return {config_.array.rows, config_.datatypes.accumulator_bits, config_.datatypes.overflow, config_.array.dataflow,
          config_.requant.multiplier_bits};
}

const model::TensorPlacement& CompiledNetwork::placement_of(int tensor) const {
  for (const model::TensorPlacement& placement : program_.placements) {
    if (placement.tensor == tensor) return placement;
  }
  throw InternalError("the compiler placed tensor " + std::to_string(tensor) + " nowhere in memory");
}

IntTensor CompiledNetwork::quantize_input(const FloatTensor& image) const {
  const QuantizedTensor& as = nth(network_.tensors, input_);
  IntTensor stored = sw_ref::quantize_tensor(image, as);
  stored.shape = as.shape;
  return stored;
}

std::vector<std::uint8_t> CompiledNetwork::memory(const IntTensor& input) const {
  std::vector<std::uint8_t> memory = program_.image;
  const std::int32_t zero_point = nth(network_.tensors, input_).zero_point;
  model::pack_tensor(input, zero_point, placement_of(input_), memory);
  return memory;
}

model::RunResult CompiledNetwork::run(const IntTensor& input, model::Level level, bool observe, model::TraceSink* trace,
                                      model::CommandObserver* observer) const {
  return model::run_program(program_, config_, level, memory(input), observe, trace, observer);
}

IntTensor CompiledNetwork::output(const model::RunResult& result, int tensor) const {
  return model::unpack_tensor(nth(network_.tensors, tensor).shape, placement_of(tensor), result.memory);
}

}  // namespace systoliq::tb
