// SPDX-License-Identifier: Apache-2.0
// Between tensors and the machine's memory, and between the machine's runs and the host.
#include "tb/compare/compiled_network.h"

#include <string>

#include "types/util/index.h"

namespace systoliq::tb {
namespace {

const model::TensorPlacement& placement_of(const model::Program& program, int tensor) {
  for (const model::TensorPlacement& placement : program.placements) {
    if (placement.tensor == tensor) return placement;
  }
  throw InternalError("the compiler placed tensor " + std::to_string(tensor) + " nowhere in memory");
}

void put(const QuantizedNetwork& network, const model::Program& program, int tensor, const IntTensor& values,
         std::vector<std::uint8_t>* memory) {
  model::pack_tensor(values, nth(network.tensors, tensor).zero_point, placement_of(program, tensor), *memory);
}

/// The groups that begin with a layer of the stage; those that begin with no machine's layer are the first stage's,
/// which refuses them by name.
model::Mapping mapping_of_stage(const QuantizedNetwork& network, const MachineStage& stage,
                                const model::Mapping& mapping) {
  const auto place = [&](const model::MappedGroup& group) {
    std::size_t layer = 0;
    while (layer < network.layers.size() &&
           (group.layers.empty() || network.layers[layer].name != group.layers.front()))
      ++layer;
    return layer == network.layers.size() ? 0 : layer;
  };
  model::Mapping own;
  for (const model::MappedGroup& group : mapping.groups) {
    if (place(group) >= stage.first && place(group) < stage.end) own.groups.push_back(group);
  }
  return own;
}

}  // namespace

CompiledNetwork::CompiledNetwork(const QuantizedNetwork& network, const model::AcceleratorConfig& config,
                                 const model::Mapping* mapping)
    : network_(network), config_(config), host_parts_(network), packing_(network.layers.size()) {
  if (network.inputs.empty()) throw InputError("network '" + network.name + "' has no input; at least one is needed");
  stages_ = machine_stages(network);
  for (MachineStage& stage : stages_) {
    const model::Mapping own = mapping == nullptr ? model::Mapping() : mapping_of_stage(network, stage, *mapping);
    const model::Mapping* forced = mapping == nullptr ? nullptr : &own;
    stage.program = network.host_parts.empty() ? model::compile(network, config, forced)
                                               : model::compile(network_of(network, stage), config, forced);
    std::copy(stage.program.packing.begin(), stage.program.packing.end(),
              packing_.begin() + static_cast<std::ptrdiff_t>(stage.first));
  }
}

model::Mapping CompiledNetwork::mapping() const {
  model::Mapping mapping;
  for (const MachineStage& stage : stages_) {
    const std::vector<model::MappedGroup>& groups = stage.program.mapping.groups;
    mapping.groups.insert(mapping.groups.end(), groups.begin(), groups.end());
  }
  return mapping;
}

AccumulationOrder CompiledNetwork::order() const {
  return {config_.array.rows, config_.datatypes.accumulator_bits, config_.datatypes.overflow, config_.array.dataflow,
          config_.requant.multiplier_bits};
}

std::int64_t CompiledNetwork::image_bytes() const {
  std::int64_t bytes = 0;
  for (const MachineStage& stage : stages_) bytes += static_cast<std::int64_t>(stage.program.image.size());
  return bytes;
}

const MachineStage& CompiledNetwork::only_stage() const {
  if (stages_.size() == 1) return stages_.front();
  throw InputError("network '" + network_.name + "' runs on the machine in " + std::to_string(stages_.size()) +
                   " parts, with the host between them; accepted here: one part");
}

IntTensor CompiledNetwork::quantize_input(const FloatTensor& image) const {
  if (network_.inputs.size() == 1) return sw_ref::stored_inputs(network_, image).begin()->second;
  throw InputError("network '" + network_.name + "' has " + std::to_string(network_.inputs.size()) +
                   " inputs; exactly one is accepted here");
}

std::vector<std::uint8_t> CompiledNetwork::memory(const StoredInputs& inputs) const {
  const MachineStage& stage = only_stage();
  std::vector<std::uint8_t> memory = stage.program.image;
  for (const auto& [tensor, values] : inputs) put(network_, stage.program, tensor, values, &memory);
  return memory;
}

model::RunResult CompiledNetwork::run(const StoredInputs& inputs, model::Level level, bool observe,
                                      model::TraceSink* trace, model::CommandObserver* observer) const {
  const bool data = level != model::Level::kTiming;
  return model::run_program(program(), config_, level, data ? memory(inputs) : std::vector<std::uint8_t>{}, observe,
                            trace, observer);
}

model::RunResult CompiledNetwork::run(const IntTensor& input, model::Level level, bool observe, model::TraceSink* trace,
                                      model::CommandObserver* observer) const {
  return run(StoredInputs{{this->input(), input}}, level, observe, trace, observer);
}

IntTensor CompiledNetwork::output(const model::RunResult& result, int tensor) const {
  return model::unpack_tensor(nth(network_.tensors, tensor).shape, placement_of(program(), tensor), result.memory);
}

std::vector<std::uint8_t> CompiledNetwork::memory_of(const MachineStage& stage,
                                                     const std::vector<IntTensor>& tensors) const {
  std::vector<std::uint8_t> memory = stage.program.image;
  for (const int input : stage.inputs) put(network_, stage.program, input, nth(tensors, input), &memory);
  return memory;
}

void CompiledNetwork::run_stage(const MachineStage& stage, model::Level level, bool observe, model::TraceSink* trace,
                                NetworkRun* run) const {
  const bool data = level != model::Level::kTiming;
  std::vector<IntTensor>& tensors = run->values.tensors;
  std::vector<std::uint8_t> memory;
  if (data) memory = memory_of(stage, tensors);
  model::RunResult result = model::run_program(stage.program, config_, level, std::move(memory), observe, trace);
  run->cycles += result.cycles;
  for (std::size_t i = 0; i < result.layers.size(); ++i) run->layers.at(stage.first + i) = result.layers[i];
  if (!data) return;
  for (std::size_t i = 0; i < result.tensors.size(); ++i) {
    if (!result.tensors[i].data.empty()) tensors[i] = std::move(result.tensors[i]);
  }
  for (const int output : stage.outputs) {
    nth(tensors, output) =
        model::unpack_tensor(nth(network_.tensors, output).shape, placement_of(stage.program, output), result.memory);
  }
}

NetworkRun CompiledNetwork::run_image(const FloatTensor& image, model::Level level, bool observe,
                                      model::TraceSink* trace) const {
  if (trace != nullptr) only_stage();
  NetworkRun run;
  run.layers.resize(network_.layers.size());
  run.values = sw_ref::input_values(network_, image);
  if (level == model::Level::kTiming) {
    for (const MachineStage& stage : stages_) run_stage(stage, level, observe, trace, &run);
    return run;
  }
  auto stage = stages_.begin();
  sw_ref::walk(
      network_, host_parts_,
      [&](std::size_t, std::size_t, sw_ref::NetworkValues*) { run_stage(*stage++, level, observe, trace, &run); },
      &run.values);
  return run;
}

}  // namespace systoliq::tb
