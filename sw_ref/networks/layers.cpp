// SPDX-License-Identifier: Apache-2.0
// Networks by name, the parameters of their layers, and random ones.
#include "sw_ref/networks/layers.h"

#include <cmath>
#include <random>

#include "sw_ref/networks/folding.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/networks/registry.h"

namespace systoliq::sw_ref {
namespace {

/// Uniform in [0, 1) from the top 53 bits; std distributions differ between standard libraries.
double uniform(std::mt19937_64& generator) { return static_cast<double>(generator() >> 11) * 0x1p-53; }

/// Box and Muller's method; 1 - u keeps the logarithm's argument above 0.
double normal(std::mt19937_64& generator) {
  constexpr double kTwoPi = 6.283185307179586;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(generator)));
  return radius * std::cos(kTwoPi * uniform(generator));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const BuiltInNetwork& network : built_in_networks()) names.push_back(network.name);
  return names;
}

NetworkDescription describe_network(const std::string& network) {
  if (ends_with(network, kFoldedSuffix)) {
    const std::size_t end = network.size() - std::string(kFoldedSuffix).size();
    return without_batch_normalization(describe_network(network.substr(0, end)));
  }
  if (const BuiltInNetwork* known = find_built_in(network)) return known->describe();
  std::string accepted;
  for (const std::string& name : network_names()) accepted += (accepted.empty() ? "" : ", ") + name;
  throw InputError("unknown network '" + network + "'; accepted: " + accepted);
}

std::vector<std::pair<std::string, Shape>> layer_parameters(const NetworkLayer& layer) {
  std::vector<std::pair<std::string, Shape>> parameters;
  if (layer.op == NetworkOp::kConvolution) {
    parameters.emplace_back(layer.name + ".weight",
                            Shape{layer.out, layer.in / layer.groups, layer.kernel, layer.width()});
  } else if (layer.op == NetworkOp::kFullyConnected) {
    parameters.emplace_back(layer.name + ".weight", Shape{layer.out, layer.in});
  } else if (layer.op == NetworkOp::kBatchNormalization) {
    parameters.emplace_back(layer.name + ".weight", Shape{layer.out});
  }
  if (layer.bias) parameters.emplace_back(layer.name + ".bias", Shape{layer.out});
  if (layer.op == NetworkOp::kBatchNormalization) {
    parameters.emplace_back(layer.name + ".running_mean", Shape{layer.out});
    parameters.emplace_back(layer.name + ".running_var", Shape{layer.out});
  }
  return parameters;
}

std::vector<std::pair<std::string, Shape>> network_parameters(const std::string& network) {
  std::vector<std::pair<std::string, Shape>> parameters;
  for (const NetworkLayer& layer : describe_network(network).layers) {
    for (auto& parameter : layer_parameters(layer)) parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::map<std::string, FloatTensor> random_parameters(const std::string& network, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::map<std::string, FloatTensor> parameters;
  for (const NetworkLayer& layer : describe_network(network).layers) {
    const bool batch_norm = layer.op == NetworkOp::kBatchNormalization;
    for (const auto& [name, shape] : layer_parameters(layer)) {
      FloatTensor tensor(shape);
      const bool factor = ends_with(name, ".weight") || ends_with(name, ".running_var");
      const std::int64_t fan_in = layer.in / layer.groups * layer.kernel * layer.width();
      const double deviation = std::sqrt(2.0 / static_cast<double>(fan_in));
      for (float& value : tensor.data) {
        if (batch_norm) {
          value = static_cast<float>(factor ? 0.5 + uniform(generator) : 0.2 * uniform(generator) - 0.1);
        } else if (factor) {
          value = static_cast<float>(deviation * normal(generator));
        }
      }
      parameters.emplace(name, std::move(tensor));
    }
  }
  return parameters;
}

}  // namespace systoliq::sw_ref
