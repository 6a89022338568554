// SPDX-License-Identifier: Apache-2.0
// Parameters of a built-in network out of a float graph, by the names of its initializers.
#include <algorithm>
#include <set>

#include "sw_ref/networks/folding.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/training/train.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

const Value* constant(const Graph& graph, const std::string& name) {
  const auto found = graph.values.find(name);
  const bool usable =
      found != graph.values.end() && found->second.is_constant && found->second.type == ElementType::kFloat;
  return usable ? &found->second : nullptr;
}

/// The network itself, or its folded form where the graph holds the bias that only that one has.
std::string network_in(const Graph& graph, const std::string& network) {
  const NetworkDescription description = describe_network(network);
  if (!has_batch_normalization(description)) return network;
  const std::string convolution = without_batch_normalization(description).layers.front().name;
  return constant(graph, convolution + ".bias") != nullptr ? network + kFoldedSuffix : network;
}

}  // namespace

NamedParameters parameters_of(const Graph& graph, const std::string& network) {
  const std::string name_in_graph = network_in(graph, network);
  NamedParameters parameters;
  std::set<std::string> known;
  for (const auto& [name, shape] : network_parameters(name_in_graph)) {
    const Value* value = constant(graph, name);
    const std::string needed = "; network " + name_in_graph + " needs it with shape " + to_string(shape);
    if (value == nullptr)
      throw InputError("start network '" + graph.name + "' has no parameter '" + name + "'" + needed);
    if (value->shape != shape) {
      throw InputError("start network '" + graph.name + "': parameter '" + name + "' has shape " +
                       to_string(value->shape) + needed);
    }
    parameters.emplace_back(name, value->floats);
    known.insert(name);
  }
  for (const auto& [name, value] : graph.values) {
    if (!value.is_constant || value.type != ElementType::kFloat || known.count(name) != 0) continue;
    throw InputError("start network '" + graph.name + "': network " + name_in_graph + " has no parameter '" + name +
                     "'");
  }
  return parameters;
}

}  // namespace systoliq::sw_ref
