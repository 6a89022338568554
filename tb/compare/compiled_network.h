// SPDX-License-Identifier: Apache-2.0
// A network compiled for one machine and fed one image at a time: what every comparison runs on.
#pragma once

#include "model/run_program.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

class CompiledNetwork final {
 public:
  /// `network` must outlive this object. Throws InputError if it does not have exactly one input, or cannot be
  /// compiled.
  CompiledNetwork(const QuantizedNetwork& network, const model::AcceleratorConfig& config);

  const model::Program& program() const { return program_; }
  const QuantizedNetwork& network() const { return network_; }
  const model::AcceleratorConfig& config() const { return config_; }
  /// Index of the input tensor.
  int input() const { return input_; }
  /// The order in which this machine adds, for the integer reference.
  AccumulationOrder order() const;

  /// Stored integers of an image given as the network's float input.
  IntTensor quantize_input(const FloatTensor& image) const;
  /// The memory image with this input in its place, as a run starts with.
  std::vector<std::uint8_t> memory(const IntTensor& input) const;
  /// Runs one image; `observe`: also collect every layer's output; `trace`: of level cycle; `observer`: of levels
  /// functional and cycle.
  model::RunResult run(const IntTensor& input, model::Level level, bool observe, model::TraceSink* trace = nullptr,
                       model::CommandObserver* observer = nullptr) const;
  /// A network output as it lies in memory after the run.
  IntTensor output(const model::RunResult& result, int tensor) const;

 private:
  const model::TensorPlacement& placement_of(int tensor) const;

  const QuantizedNetwork& network_;
  model::AcceleratorConfig config_;
  model::Program program_;
  int input_ = -1;
};

}  // namespace systoliq::tb
