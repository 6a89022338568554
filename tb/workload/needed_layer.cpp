// SPDX-License-Identifier: Apache-2.0
// Fusing a network into layers is quick; calibrating it is not.
#include "tb/workload/needed_layer.h"

#include <cstddef>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/error.h"
#include "types/util/nearest.h"

namespace systoliq::tb {

void check_needed_layer(const Graph& graph, const std::string& layer) {
  sw_ref::LoweringInput input;
  input.graph = &graph;
  const sw_ref::FusedNetwork network = sw_ref::lower(input);
  std::vector<std::string> names;
  std::string accepted;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const sw_ref::FusedLayer& each = network.layers[i];
    const std::string& output = network.tensors[static_cast<std::size_t>(each.output)].name;
    if (layer == each.name || layer == output || layer == std::to_string(i)) return;
    names.push_back(each.name);
    accepted += (accepted.empty() ? "" : ", ") + each.name;
  }
  throw InputError("network '" + graph.name + "' has no layer '" + layer + "'" + did_you_mean(layer, names) +
                   "; accepted: " + accepted);
}

}  // namespace systoliq::tb
