// SPDX-License-Identifier: Apache-2.0
// One stage of a network as a network, with what an image brings to it: for tools that look at a single program.
#pragma once

#include "tb/compare/compiled_network.h"

namespace systoliq::tb {

struct StageOnItsOwn {
  QuantizedNetwork network;
  std::size_t first = 0;  ///< its first layer's number in the whole network
};

/// The stage that holds a layer. Throws InputError for a network without any stage.
StageOnItsOwn stage_with_layer(const QuantizedNetwork& network, std::size_t layer);

/// The only stage of a network. Throws InputError, naming `what` needs it, where there are more or none.
StageOnItsOwn only_stage(const QuantizedNetwork& network, const std::string& what);

/// Stored integers of the stage's inputs for an image of the whole network, by the reference of that machine.
StoredInputs stage_inputs(const QuantizedNetwork& network, const StageOnItsOwn& stage, const FloatTensor& image,
                          const model::AcceleratorConfig& config);

}  // namespace systoliq::tb
