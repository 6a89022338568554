// SPDX-License-Identifier: Apache-2.0
// A built-in network as differentiable tensors: parameters by name and the forward pass, read from its layer list.
// Internal to training.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/networks/layers.h"
#include "sw_ref/training/quantization_simulator.h"
#include "sw_ref/training/train.h"

namespace systoliq::sw_ref {

struct TorchParameter {
  std::string name;
  torch::Tensor value;
  bool learned = true;  ///< false for a batch normalization's running statistics, and for what is kept as it is
};

class TorchNetwork final {
 public:
  /// He-normal weights, zero biases; batch normalization starts as the identity.
  TorchNetwork(const std::string& network, std::uint64_t seed);
  /// Given parameters; throws InputError unless names and shapes are the network's, naming the first that differs.
  TorchNetwork(const std::string& network, const NamedParameters& parameters);

  /// From now on values and operands pass through `quantizer`, which must outlive this object; nullptr: not.
  void quantize_with(QuantizationSimulator* quantizer) { quantizer_ = quantizer; }

  /// The layer's weights become centroids[indices], [tables, entries] and the weights' shape. The centroids are learned
  /// in their place, as a further parameter "LAYER.centroids".
  void use_codebook(const std::string& layer, const torch::Tensor& centroids, const torch::Tensor& indices);

  /// That parameter is not learned.
  void keep(const std::string& name);

  /// Logits [n, classes] of images [n, c, h, w]. `training`: batch normalization uses and records the batch's
  /// statistics.
  torch::Tensor forward(const torch::Tensor& images, bool training);

  const NetworkDescription& description() const { return description_; }
  std::vector<TorchParameter>& parameters() { return parameters_; }
  /// Those of network_parameters(), weights of codebooks looked up.
  NamedParameters copy_parameters() const;

 private:
  std::size_t index_of(const std::string& name) const;
  const torch::Tensor& parameter(const std::string& name) const { return parameters_[index_of(name)].value; }
  torch::Tensor weight_of(const std::string& layer) const;
  std::pair<torch::Tensor, torch::Tensor> operands(const NetworkLayer& layer) const;
  torch::Tensor apply(const NetworkLayer& layer, const std::vector<torch::Tensor>& inputs, bool training) const;

  NetworkDescription description_;
  std::vector<TorchParameter> parameters_;        ///< in the order of network_parameters(), then centroids
  std::map<std::string, torch::Tensor> indices_;  ///< of layers with codebooks
  QuantizationSimulator* quantizer_ = nullptr;
};

}  // namespace systoliq::sw_ref
