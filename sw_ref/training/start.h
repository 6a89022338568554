// SPDX-License-Identifier: Apache-2.0
// The network that a training works on and its parameters at the start: given ones, folded and clustered as the recipe
// says. Internal to training.
#pragma once

#include <string>

#include "sw_ref/training/torch_network.h"

namespace systoliq::sw_ref {

/// Of `recipe`, from `start` (empty: He-normal): batch normalization folded where the recipe quantizes folded weights,
/// codebooks in place of weights. Throws InputError naming the first parameter that does not fit, and where folding or
/// clustering has nothing to start from.
TorchNetwork start_network(const Recipe& recipe, const NamedParameters& start);

}  // namespace systoliq::sw_ref
