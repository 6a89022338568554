// SPDX-License-Identifier: Apache-2.0
// What lies before a stage is computed by the integer reference, which the machine equals.
#include "tb/compare/stage_on_its_own.h"

#include <algorithm>

#include "types/util/index.h"

namespace systoliq::tb {
namespace {

StageOnItsOwn take(const QuantizedNetwork& network, const MachineStage& stage) {
  if (network.host_parts.empty()) return {network, 0};
  return {network_of(network, stage), stage.first};
}

}  // namespace

StageOnItsOwn stage_with_layer(const QuantizedNetwork& network, std::size_t layer) {
  for (const MachineStage& stage : machine_stages(network)) {
    if (layer >= stage.first && layer < stage.end) return take(network, stage);
  }
  throw InputError("network '" + network.name + "' has no layer " + std::to_string(layer) + " on the machine");
}

StageOnItsOwn only_stage(const QuantizedNetwork& network, const std::string& what) {
  const std::vector<MachineStage> stages = machine_stages(network);
  if (stages.size() == 1) return take(network, stages.front());
  throw InputError(what + ": network '" + network.name + "' runs on the machine in " + std::to_string(stages.size()) +
                   " parts, with the host between them; accepted: one part");
}

StoredInputs stage_inputs(const QuantizedNetwork& network, const StageOnItsOwn& stage, const FloatTensor& image,
                          const model::AcceleratorConfig& config) {
  if (network.host_parts.empty()) return sw_ref::stored_inputs(network, image);
  const CompiledNetwork compiled(network, config);
  const sw_ref::NetworkValues values =
      sw_ref::reference_values(network, compiled.host_parts(), image, compiled.order(), compiled.packing());
  StoredInputs inputs;
  for (const int input : stage.network.inputs) inputs[input] = nth(values.tensors, input);
  return inputs;
}

}  // namespace systoliq::tb
