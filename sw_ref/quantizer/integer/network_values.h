// SPDX-License-Identifier: Apache-2.0
// One image on its way through an integer network: its inputs, integers of the machine and floats of the host.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/float/image_inputs.h"
#include "sw_ref/reference/reference.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

struct NetworkValues {
  std::vector<IntTensor> tensors;             ///< stored integers, by tensor; empty where nothing has computed them yet
  std::map<std::string, FloatTensor> floats;  ///< the network's inputs, and what the host has computed, by name
};

/// What is there before the first layer: the inputs as floats, flat, and as stored integers, and the constants.
NetworkValues input_values(const QuantizedNetwork& network, const FloatTensor& image);

/// The stored integers of a network's inputs, by tensor.
std::map<int, IntTensor> stored_inputs(const QuantizedNetwork& network, const FloatTensor& image);

/// An input of a host part as its graph has it.
FloatTensor host_input(const QuantizedNetwork& network, const HostPart& part, std::size_t input,
                       const NetworkValues& values);

/// The host parts of a network, prepared once for many images.
class HostParts final {
 public:
  /// `network` must outlive this object; scales may still be set. Throws InputError for an operator that cannot run.
  explicit HostParts(const QuantizedNetwork& network);
  HostParts(const HostParts&) = delete;
  HostParts& operator=(const HostParts&) = delete;
  HostParts(HostParts&&) = default;

  /// Computes part `index` in float; every value that it makes is added to `values.floats`.
  void compute(std::size_t index, NetworkValues* values) const;
  /// Quantizes the results of part `index` that tensors take.
  void store(std::size_t index, NetworkValues* values) const;

 private:
  const QuantizedNetwork& network_;
  std::vector<std::unique_ptr<FloatExecutor>> executors_;
};

/// Runs the layers from `first` to before `end`, whose inputs are in `values`.
using RunLayers = std::function<void(std::size_t first, std::size_t end, NetworkValues* values)>;

/// Host parts and layers in their order. `values` holds the inputs before, everything after.
void walk(const QuantizedNetwork& network, const HostParts& parts, const RunLayers& run_layers, NetworkValues* values);

/// One image through the integer reference and the host. `packing` as run_reference() takes it.
NetworkValues reference_values(const QuantizedNetwork& network, const HostParts& parts, const FloatTensor& image,
                               const AccumulationOrder& order, const std::vector<KernelTapPacking>& packing = {});

/// An output of the network as reals, whoever computed it.
FloatTensor real_output(const QuantizedNetwork& network, const NetworkValues& values, std::size_t output);

}  // namespace systoliq::sw_ref
