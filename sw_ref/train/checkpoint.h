// SPDX-License-Identifier: Apache-2.0
// The state of training between two epochs, in a file. Internal to training.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/train/optimiser.h"
#include "sw_ref/train/torch_network.h"

namespace systoliq::sw_ref {

/// Writes parameters, optimiser state, the losses of the epochs done and `identity` (recipe and data) under a temporary
/// name and renames it, so that the file is always whole. Throws InputError naming the path.
void write_checkpoint(const std::string& path, const std::string& identity, TorchNetwork& network,
                      const OptimiserState& optimiser, const std::vector<double>& epoch_loss);

/// Restores what write_checkpoint() wrote and returns the losses; nothing happens, and none are returned, where the
/// file does not exist. Throws InputError for another identity or a damaged file.
std::vector<double> read_checkpoint(const std::string& path, const std::string& identity, TorchNetwork& network,
                                    const OptimiserState& optimiser);

}  // namespace systoliq::sw_ref
