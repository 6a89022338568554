// SPDX-License-Identifier: Apache-2.0
// A network compiled for one machine and fed one image at a time: what every comparison runs on.
#pragma once

#include <map>

#include "model/run_program.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// Stored integers of what a program reads, by tensor.
using StoredInputs = std::map<int, IntTensor>;

/// Layers that the machine runs in one go, between parts of the host.
struct MachineStage {
  std::size_t first = 0, end = 0;    ///< of the network's layers
  std::vector<int> inputs, outputs;  ///< tensors that lie in memory before the run, and after it
  model::Program program;
};

/// What a run of one image gave.
struct NetworkRun {
  std::int64_t cycles = 0;                   ///< of all stages
  std::vector<model::LayerCounters> layers;  ///< by the network's layers
  sw_ref::NetworkValues values;              ///< of levels that carry data
};

/// The stages of a network, not compiled yet; a network without host parts is one, with its own inputs and outputs.
std::vector<MachineStage> machine_stages(const QuantizedNetwork& network);

/// A stage as a network of its own, with the tensors of the whole.
QuantizedNetwork network_of(const QuantizedNetwork& network, const MachineStage& stage);

class CompiledNetwork final {
 public:
  /// `network` must outlive this object; `mapping`: of all its layers on the machine, null: the best that is found.
  /// Throws InputError if it has no input, or cannot be compiled.
  CompiledNetwork(const QuantizedNetwork& network, const model::AcceleratorConfig& config,
                  const model::Mapping* mapping = nullptr);

  const QuantizedNetwork& network() const { return network_; }
  const model::AcceleratorConfig& config() const { return config_; }
  const std::vector<MachineStage>& stages() const { return stages_; }
  /// Bytes of all memory images.
  std::int64_t image_bytes() const;
  const sw_ref::HostParts& host_parts() const { return host_parts_; }
  /// Of all stages, one after the other.
  model::Mapping mapping() const;
  /// The order in which this machine adds, for the integer reference.
  AccumulationOrder order() const;
  /// Tap packing of every layer, likewise.
  const std::vector<KernelTapPacking>& packing() const { return packing_; }

  /// Runs one image through all stages and host parts; `observe`: also collect every layer's output; `trace`: of level
  /// cycle, for a network of one stage. At level timing no data move, and the host does nothing. Throws InputError.
  NetworkRun run_image(const FloatTensor& image, model::Level level, bool observe,
                       model::TraceSink* trace = nullptr) const;

  /// The program of a network of one stage. Throws InputError where there are more, or none.
  const model::Program& program() const { return only_stage().program; }
  /// Index of the first input tensor.
  int input() const { return network_.inputs.front(); }
  /// Stored integers of an image given as the float input of a network of one input.
  IntTensor quantize_input(const FloatTensor& image) const;
  /// The only stage's memory image with these inputs in their places, as a run starts with.
  std::vector<std::uint8_t> memory(const StoredInputs& inputs) const;
  std::vector<std::uint8_t> memory(const IntTensor& input) const {
    return memory(StoredInputs{{this->input(), input}});
  }
  /// Runs the only stage; `observer`: of levels functional and cycle.
  model::RunResult run(const StoredInputs& inputs, model::Level level, bool observe, model::TraceSink* trace = nullptr,
                       model::CommandObserver* observer = nullptr) const;
  model::RunResult run(const IntTensor& input, model::Level level, bool observe, model::TraceSink* trace = nullptr,
                       model::CommandObserver* observer = nullptr) const;
  /// A network output as it lies in memory after that run.
  IntTensor output(const model::RunResult& result, int tensor) const;

 private:
  const MachineStage& only_stage() const;
  void run_stage(const MachineStage& stage, model::Level level, bool observe, model::TraceSink* trace,
                 NetworkRun* run) const;
  std::vector<std::uint8_t> memory_of(const MachineStage& stage, const std::vector<IntTensor>& tensors) const;

  const QuantizedNetwork& network_;
  model::AcceleratorConfig config_;
  sw_ref::HostParts host_parts_;
  std::vector<MachineStage> stages_;
  std::vector<KernelTapPacking> packing_;
};

}  // namespace systoliq::tb
