// SPDX-License-Identifier: Apache-2.0
// From an ONNX file to bytes in memory.
#include "workload.h"

#include <systoliq/sw_ref/frontend/onnx/onnx_reader.h>
#include <systoliq/sw_ref/quantizer/integer/stored_values.h>
#include <systoliq/sw_ref/quantizer/qdq/read_quantized.h>
#include <systoliq/sw_ref/reference/reference.h>
#include <systoliq/types/error.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace example {

using systoliq::FloatTensor;
using systoliq::IntTensor;
using systoliq::QuantizedTensor;
using systoliq::model::TensorPlacement;

Workload::Workload(const std::string& network, const systoliq::model::AcceleratorConfig& config)
    : config_(config),
      network_(systoliq::sw_ref::read_quantized(systoliq::sw_ref::read_onnx(network, systoliq::sw_ref::Batch::kOne))),
      program_(systoliq::model::compile(network_, config)) {
  if (input_place().tensor < 0 || network_.tensors[network_.inputs.front()].shape != systoliq::Shape{1, 1, 32, 32}) {
    throw systoliq::InputError(network + ": this example draws a digit of [1, 1, 32, 32], which is not its input");
  }
}

const TensorPlacement& Workload::place_of(int tensor) const {
  for (const TensorPlacement& place : program_.placements) {
    if (place.tensor == tensor) return place;
  }
  throw systoliq::InputError("tensor " + std::to_string(tensor) + " does not lie in memory");
}

/// Words of all pixels; docs/architecture.md, Tensors in memory.
std::size_t Workload::bytes_of(const TensorPlacement& place) const {
  const systoliq::Shape& shape = program_.tensor_shapes[place.tensor];
  return static_cast<std::size_t>(shape[2] * shape[3] * place.blocks * place.word_bytes);
}

sc_core::sc_time Workload::cycle() const {
  return sc_core::sc_time(static_cast<double>(config_.clock_period_ps()), sc_core::SC_PS);
}

std::size_t Workload::output_bytes() const { return bytes_of(output_place()); }

IntTensor Workload::digit() const {
  FloatTensor image({1, 1, 32, 32}, -1.0F);  // the network's inputs lie between -1, paper, and 1, ink
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const double distance = std::hypot((y - 15.5) / 1.25, x - 15.5);
      if (std::abs(distance - 6.5) < 1.5) image.data[y * 32 + x] = 0.99F;
    }
  }
  return systoliq::sw_ref::quantize_tensor(image, network_.tensors[network_.inputs.front()]);
}

/// pack_tensor() writes at the placement's address; here only its bytes are wanted, so the address is 0.
std::vector<std::uint8_t> Workload::pack_input(const IntTensor& input) const {
  TensorPlacement place = input_place();
  std::vector<std::uint8_t> bytes(bytes_of(place));
  place.address = 0;
  systoliq::model::pack_tensor(input, network_.tensors[place.tensor].zero_point, place, bytes);
  return bytes;
}

IntTensor Workload::unpack_output(const std::vector<std::uint8_t>& bytes) const {
  TensorPlacement place = output_place();
  place.address = 0;
  return systoliq::model::unpack_tensor(program_.tensor_shapes[place.tensor], place, bytes);
}

IntTensor Workload::expected_output(const IntTensor& input) const {
  const systoliq::AccumulationOrder order = {config_.array.rows, config_.datatypes.accumulator_bits,
                                             config_.datatypes.overflow, config_.array.dataflow,
                                             config_.requant.multiplier_bits};
  const auto result =
      systoliq::sw_ref::run_reference(network_, {{network_.inputs.front(), input}}, order, program_.packing);
  return result.tensors[network_.outputs.front()];
}

bool report(const Workload& workload, const IntTensor& input, const IntTensor& output) {
  const auto best = std::max_element(output.data.begin(), output.data.end());
  const bool equal = output.data == workload.expected_output(input).data;
  std::printf("digit %d\n%s\n", static_cast<int>(best - output.data.begin()),
              equal ? "equal to the reference" : "DIFFERENT from the reference");
  return equal;
}

}  // namespace example
