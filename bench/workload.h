// SPDX-License-Identifier: Apache-2.0
// A built-in network with random weights, quantized and compiled once: what the benchmarks run.
#pragma once

#include <memory>
#include <string>

#include "tb/compare/compiled_network.h"

namespace systoliq::bench {

struct Workload {
  QuantizedNetwork network;
  model::AcceleratorConfig config;                ///< the default machine, 16 × 16
  std::unique_ptr<tb::CompiledNetwork> compiled;  ///< refers to `network`
  IntTensor input;
  std::int64_t macs = 0;  ///< of one image
};

/// "e3_conv2" is the second convolution of E3 alone: 64 to 192 channels, 3 × 3, padded by 1, on 16 × 16.
/// Quantized and compiled at the first call for a name, with seed 1 for weights and image. Throws InputError.
const Workload& workload(const std::string& network);

}  // namespace systoliq::bench
