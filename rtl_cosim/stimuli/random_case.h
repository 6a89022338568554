// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines, from a seed: odd sizes, every layer kind, every preset, small buffers.
#pragma once

#include <cstdint>

#include "model/config/accelerator_config.h"
#include "types/quantized_network.h"

namespace systoliq::stimuli {

struct RandomCase {
  model::AcceleratorConfig config;
  QuantizedNetwork network;
  IntTensor input;  ///< stored integers [1, c, h, w] of the network's only input
};

/// A random network on a random machine. The same seed gives the same case. The compiler may refuse it: not every
/// network fits every machine.
RandomCase random_case(std::uint64_t seed);

/// A random network on the given machine, whose multipliers must have 25 bits or more.
RandomCase random_case(std::uint64_t seed, const model::AcceleratorConfig& machine);

}  // namespace systoliq::stimuli
