// SPDX-License-Identifier: Apache-2.0
// From given parameters to the network under training.
#include "sw_ref/training/start.h"

#include <algorithm>

#include "sw_ref/networks/folding.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/calibration/clustering.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

/// In the folded network's order.
NamedParameters folded(const NetworkDescription& network, const NamedParameters& parameters) {
  const TorchNetwork checked(network.name, parameters);
  const auto values = fold_batch_normalization(network, {parameters.begin(), parameters.end()});
  NamedParameters ordered;
  for (const auto& parameter : network_parameters(network.name + kFoldedSuffix)) {
    ordered.emplace_back(parameter.first, values.at(parameter.first));
  }
  return ordered;
}

/// True where the parameters are named as those of that network.
bool has_names_of(const std::string& network, const NamedParameters& parameters) {
  const auto names = network_parameters(network);
  return std::equal(names.begin(), names.end(), parameters.begin(), parameters.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first; });
}

void cluster_layer(const NetworkLayer& layer, const FloatTensor& weight, const QuantizeOptions& options,
                   TorchNetwork* network) {
  FusedLayer fused;
  fused.name = fused.where = layer.name;
  fused.weights.values.shape = weight.shape;
  fused.weights.values.data.assign(weight.data.begin(), weight.data.end());
  const Codebooks found = cluster_weights(fused, options);
  const auto tables = static_cast<std::int64_t>(found.tables.size());
  const std::int64_t entries = std::int64_t{1} << options.weight_bits;
  torch::Tensor centroids = torch::zeros({tables, entries}, torch::kFloat32);
  torch::Tensor indices = torch::empty(weight.shape, torch::kInt32);
  auto* index = indices.data_ptr<std::int32_t>();
  const std::int64_t run = indices.numel() / tables;
  for (std::int64_t t = 0; t < tables; ++t) {
    const std::vector<double>& table = found.tables[static_cast<std::size_t>(t)];
    std::transform(table.begin(), table.end(), centroids.data_ptr<float>() + t * entries,
                   [](double value) { return static_cast<float>(value); });
    for (std::int64_t i = t * run; i < (t + 1) * run; ++i) {
      const std::size_t entry = nearest(table, double{weight.data[static_cast<std::size_t>(i)]});
      index[i] = static_cast<std::int32_t>(t * entries + static_cast<std::int64_t>(entry));
    }
  }
  network->use_codebook(layer.name, centroids, indices);
}

void use_codebooks(const QuantizationSettings& quantization, TorchNetwork* network) {
  const NamedParameters parameters = network->copy_parameters();
  for (const NetworkLayer& layer : network->description().layers) {
    for (const auto& [name, values] : parameters) {
      if (layer_parameters(layer).empty() || name != layer.name + ".weight") continue;
      if (layer.op != NetworkOp::kBatchNormalization) {
        cluster_layer(layer, values, quantization.options, network);
      }
    }
  }
  if (!quantization.centroids_only) return;
  for (const auto& parameter : parameters) network->keep(parameter.first);
}

}  // namespace

TorchNetwork start_network(const Recipe& recipe, const NamedParameters& start) {
  const NetworkDescription network = describe_network(recipe.network);
  const bool codebook = recipe.quantization && recipe.quantization->options.codebook != CodebookKind::kNone;
  const bool fold =
      recipe.quantization && recipe.quantization->fold_batch_normalization && has_batch_normalization(network);
  if (start.empty() && (fold || codebook)) {
    throw InputError("training of " + recipe.network + (fold ? " with folded batch normalization" : " of codebooks") +
                     " starts from a trained network; none is given (--start NET.onnx)");
  }
  const auto build = [&] {
    if (start.empty()) return TorchNetwork(recipe.network, recipe.seed);
    if (!fold) return TorchNetwork(recipe.network, start);
    const std::string name = recipe.network + kFoldedSuffix;
    return TorchNetwork(name, has_names_of(name, start) ? start : folded(network, start));
  };
  TorchNetwork built = build();
  if (codebook) use_codebooks(*recipe.quantization, &built);
  return built;
}

}  // namespace systoliq::sw_ref
