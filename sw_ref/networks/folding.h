// SPDX-License-Identifier: Apache-2.0
// Built-in networks without batch normalization: the same functions, its factors and shifts in weights and biases.
#pragma once

#include <map>
#include <string>

#include "sw_ref/networks/layers.h"

namespace systoliq::sw_ref {

/// Behind the name of a network with batch normalization: the network without it, whose convolutions have biases.
inline constexpr const char* kFoldedSuffix = "_folded";

bool has_batch_normalization(const NetworkDescription& network);

/// The layers without batch normalization; what followed one follows its convolution. Throws InputError where the
/// network has none.
NetworkDescription without_batch_normalization(const NetworkDescription& network);

/// Parameters of the folded network, computed in double: weight * k and shift - mean * k, k = scale / sqrt(variance +
/// epsilon) of the running statistics. `parameters` are those of `network`.
std::map<std::string, FloatTensor> fold_batch_normalization(const NetworkDescription& network,
                                                            const std::map<std::string, FloatTensor>& parameters);

}  // namespace systoliq::sw_ref
