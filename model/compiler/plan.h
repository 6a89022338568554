// SPDX-License-Identifier: Apache-2.0
// Where every tensor lives and in which tiles every layer runs, before any command is written.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/tile_layout.h"

namespace systoliq::model {

struct Plan {
  std::vector<TensorPlan> tensors;  ///< indexed as the network's
  std::vector<Group> groups;
};

/// Keeps activations on chip where they fit, fuses post-processing where the tensor between would go through memory,
/// and picks tiles. Throws InputError naming the layer and the smallest activation buffer that would do.
Plan make_plan(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
               const AcceleratorConfig& config);

}  // namespace systoliq::model
