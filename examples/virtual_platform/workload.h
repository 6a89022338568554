// SPDX-License-Identifier: Apache-2.0
// What the CPU's software has to know of a network: the compiled program, where the input goes and the output comes
// from, and what the output must be.
#pragma once

#include <systoliq/model/config/accelerator_config.h>
#include <systoliq/model/isa/program.h>
#include <systoliq/types/quantized_network.h>
#include <systoliq/types/tensor.h>

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace example {

class Workload {
 public:
  /// `network`: an ONNX file as `systoliq quantize` writes it. Throws systoliq::InputError where it cannot be read, or
  /// does not fit the machine.
  Workload(const std::string& network, const systoliq::model::AcceleratorConfig& config);

  /// A period of the machine's clock.
  sc_core::sc_time cycle() const;
  const systoliq::model::Program& program() const { return program_; }
  const systoliq::model::TensorPlacement& input_place() const { return place_of(network_.inputs.front()); }
  const systoliq::model::TensorPlacement& output_place() const { return place_of(network_.outputs.front()); }

  /// A drawn ring, a zero, as the integers that the network takes, [1, 1, 32, 32].
  systoliq::IntTensor digit() const;
  /// A tensor's bytes as they lie in memory at its place, and back.
  std::vector<std::uint8_t> pack_input(const systoliq::IntTensor& input) const;
  systoliq::IntTensor unpack_output(const std::vector<std::uint8_t>& bytes) const;
  std::size_t output_bytes() const;
  /// The integers that the independent reference computes.
  systoliq::IntTensor expected_output(const systoliq::IntTensor& input) const;

 private:
  const systoliq::model::TensorPlacement& place_of(int tensor) const;
  std::size_t bytes_of(const systoliq::model::TensorPlacement& place) const;

  systoliq::model::AcceleratorConfig config_;
  systoliq::QuantizedNetwork network_;
  systoliq::model::Program program_;
};

/// Says which class has the largest output and whether `output` is what the reference computes; true if it is.
bool report(const Workload& workload, const systoliq::IntTensor& input, const systoliq::IntTensor& output);

}  // namespace example
