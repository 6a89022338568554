// SPDX-License-Identifier: Apache-2.0
// Batch normalization into the convolution before it.
#include "sw_ref/networks/folding.h"

#include <algorithm>
#include <cmath>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

bool is_batch_normalization(const NetworkLayer& layer) { return layer.op == NetworkOp::kBatchNormalization; }

}  // namespace

bool has_batch_normalization(const NetworkDescription& network) {
  return std::any_of(network.layers.begin(), network.layers.end(), is_batch_normalization);
}

NetworkDescription without_batch_normalization(const NetworkDescription& network) {
  if (!has_batch_normalization(network)) {
    throw InputError("network " + network.name + " has no batch normalization to fold; accepted: its name without '" +
                     kFoldedSuffix + "'");
  }
  NetworkDescription folded = network;
  folded.name += kFoldedSuffix;
  folded.layers.clear();
  std::map<std::string, std::string> producer;  // of what a batch normalization made
  for (NetworkLayer layer : network.layers) {
    for (std::string& input : layer.inputs) {
      const auto found = producer.find(input);
      if (found != producer.end()) input = found->second;
    }
    if (!is_batch_normalization(layer)) {
      folded.layers.push_back(std::move(layer));
      continue;
    }
    const auto convolution = std::find_if(folded.layers.begin(), folded.layers.end(),
                                          [&](const NetworkLayer& l) { return l.name == layer.inputs.front(); });
    check(convolution != folded.layers.end() && convolution->op == NetworkOp::kConvolution,
          layer.name + " normalizes no convolution");
    convolution->bias = true;
    producer[layer.name] = convolution->name;
  }
  return folded;
}

std::map<std::string, FloatTensor> fold_batch_normalization(const NetworkDescription& network,
                                                            const std::map<std::string, FloatTensor>& parameters) {
  std::map<std::string, FloatTensor> folded;
  for (const NetworkLayer& layer : network.layers) {
    if (is_batch_normalization(layer)) continue;
    for (const auto& [name, shape] : layer_parameters(layer)) folded[name] = parameters.at(name);
  }
  for (const NetworkLayer& layer : network.layers) {
    if (!is_batch_normalization(layer)) continue;
    const auto own = [&](const char* suffix) -> const std::vector<float>& {
      return parameters.at(layer.name + suffix).data;
    };
    FloatTensor& weight = folded.at(layer.inputs.front() + ".weight");
    FloatTensor& bias = folded.try_emplace(layer.inputs.front() + ".bias", Shape{layer.out}).first->second;
    const std::size_t filter = weight.data.size() / bias.data.size();
    for (std::size_t o = 0; o < bias.data.size(); ++o) {
      const double variance = double{own(".running_var")[o]} + double{kBatchNormalizationEpsilon};
      const double factor = double{own(".weight")[o]} / std::sqrt(variance);
      const double shift = (double{bias.data[o]} - double{own(".running_mean")[o]}) * factor;
      bias.data[o] = static_cast<float>(shift + double{own(".bias")[o]});
      for (std::size_t i = o * filter; i < (o + 1) * filter; ++i) {
        weight.data[i] = static_cast<float>(double{weight.data[i]} * factor);
      }
    }
  }
  return folded;
}

}  // namespace systoliq::sw_ref
