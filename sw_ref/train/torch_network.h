// SPDX-License-Identifier: Apache-2.0
// A built-in network as differentiable tensors: parameters by name and the forward pass, read from its layer list.
// Internal to training.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sw_ref/networks/layers.h"
#include "sw_ref/train/train.h"

namespace systoliq::sw_ref {

struct TorchParameter {
  std::string name;
  torch::Tensor value;
  bool learned = true;  ///< false for a batch normalisation's running statistics
};

class TorchNetwork final {
 public:
  /// He-normal weights, zero biases; batch normalisation starts as the identity.
  TorchNetwork(const std::string& network, std::uint64_t seed);
  /// Given parameters; throws InputError unless names and shapes are the network's.
  TorchNetwork(const std::string& network, const NamedParameters& parameters);

  /// Logits [n, classes] of images [n, c, h, w]. `training`: batch normalisation uses and records the batch's
  /// statistics.
  torch::Tensor forward(const torch::Tensor& images, bool training);

  const NetworkDescription& description() const { return description_; }
  std::vector<TorchParameter>& parameters() { return parameters_; }
  NamedParameters copy_parameters() const;

 private:
  const torch::Tensor& parameter(const std::string& name) const;
  torch::Tensor apply(const NetworkLayer& layer, const std::vector<torch::Tensor>& inputs, bool training) const;

  NetworkDescription description_;
  std::vector<TorchParameter> parameters_;  ///< in the order of network_parameters()
};

}  // namespace systoliq::sw_ref
