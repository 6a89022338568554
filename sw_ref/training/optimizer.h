// SPDX-License-Identifier: Apache-2.0
// One step of SGD with momentum or of Adam, with all its state in named tensors that a checkpoint can hold.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/training/torch_network.h"

namespace systoliq::sw_ref {

/// SGD: v = momentum * v + (g + decay * w); w -= rate * v.
/// Adam (Kingma and Ba, 2015) with decoupled decay (Loshchilov and Hutter, 2019): m = 0.9 m + 0.1 g;
/// v = 0.999 v + 0.001 g²; w -= rate * (decay * w + (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8)).
/// Decay applies to tensors of two or more dimensions, not to biases and normalization.
class OptimizerState final {
 public:
  OptimizerState(const Recipe& recipe, TorchNetwork& network);

  /// Uses and clears the gradients. `step` counts from 1 over all epochs.
  void update(double learning_rate, std::int64_t step);

  /// The tensors to keep, with unique names that hold no dot.
  std::vector<std::pair<std::string, torch::Tensor>> state() const;

 private:
  Recipe recipe_;
  TorchNetwork& network_;
  std::vector<torch::Tensor> first_, second_;  ///< one per parameter; second_ is Adam's only
};

/// Rate of step `step` (from 0) of `steps` in all, `steps_per_epoch` in each epoch. Cosine falls from the recipe's rate
/// to 0: rate * (1 + cos(pi * step / steps)) / 2.
double scheduled_rate(const Recipe& recipe, std::int64_t step, std::int64_t steps, std::int64_t steps_per_epoch);

}  // namespace systoliq::sw_ref
