// SPDX-License-Identifier: Apache-2.0
// The built-in networks as ONNX models, with given or seeded random weights; no training library needed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "types/tensor.h"

namespace systoliq::sw_ref {

/// Names accepted below, those of registry.h.
std::vector<std::string> network_names();

/// Parameter tensors by name, in the network's order: shapes only, for training and for random weights.
std::vector<std::pair<std::string, Shape>> network_parameters(const std::string& network);

/// Serialized ONNX model (opset 13, one float input "input", one output "logits", or "probabilities" behind a softmax)
/// with those parameters. Passes onnx::checker. Throws InputError for an unknown network, a missing parameter or a
/// wrong shape.
std::string network_to_onnx(const std::string& network, const std::map<std::string, FloatTensor>& parameters,
                            const std::map<std::string, std::string>& metadata = {});

/// He-normal weights, zero biases, batch norm with scale in [0.5, 1.5), small shift and mean, variance in [0.5, 1.5);
/// seeded.
std::map<std::string, FloatTensor> random_parameters(const std::string& network, std::uint64_t seed);

}  // namespace systoliq::sw_ref
