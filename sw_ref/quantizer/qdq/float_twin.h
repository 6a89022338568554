// SPDX-License-Identifier: Apache-2.0
// The float network that a quantized one stands for, where the original is not at hand.
#pragma once

#include "types/graph.h"

namespace systoliq::sw_ref {

/// The same graph without activation rounding: weights keep their quantized values, and behind every activation that
/// was quantized stands a Clip to the range that its integers cover, which may be all that is left of a ReLU. Integer
/// inputs become float ones; tensors keep the names that the layers of read_quantized() give as `float_output`. Throws
/// InputError as read_quantized().
Graph float_twin(const Graph& quantized);

}  // namespace systoliq::sw_ref
