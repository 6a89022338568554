// SPDX-License-Identifier: Apache-2.0
// Where every tensor lives and in which tiles every layer runs, before any command is written.
#pragma once

#include <vector>

#include "model/compiler/layer_image.h"
#include "model/compiler/tile_layout.h"

namespace systoliq::model {

struct Plan {
  std::vector<TensorPlan> tensors;  ///< indexed as the network's
  std::vector<Group> groups;
};

/// The mapping of the network with the fewest cycles that the search finds, then with the least traffic; the same for
/// the same network and machine. `images`: where constants lie. Throws InputError naming the layer and the smallest
/// activation buffer that would do.
Plan make_plan(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
               const AcceleratorConfig& config, const std::vector<LayerImage>& images);

/// The plan that compile() follows.
Plan plan_network(const QuantizedNetwork& network, const AcceleratorConfig& config);

}  // namespace systoliq::model
