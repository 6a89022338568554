// SPDX-License-Identifier: Apache-2.0
// The state of training between two epochs, in a file. Internal to training.
#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace systoliq::sw_ref {

/// Tensors under names without dots.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Writes the tensors, the losses of the epochs done and `identity` (recipe, start and data) under a temporary name and
/// renames it, so that the file is always whole. Throws InputError naming the path.
void write_checkpoint(const std::string& path, const std::string& identity, const NamedTensors& tensors,
                      const std::vector<double>& epoch_loss);

/// Restores into `tensors` what write_checkpoint() wrote and returns the losses; nothing happens, and none are
/// returned, where the file does not exist. Throws InputError for another identity or a damaged file.
std::vector<double> read_checkpoint(const std::string& path, const std::string& identity, const NamedTensors& tensors);

}  // namespace systoliq::sw_ref
