// SPDX-License-Identifier: Apache-2.0
// From widths by layer to widths by tensor.
#include "sw_ref/quantizer/integer/widths.h"

#include <map>

#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

void check_width(const std::string& what, const std::string& name, int bits) {
  if (bits >= 2 && bits <= 8) return;
  throw InputError(what + " bits of '" + name + "' = " + std::to_string(bits) + "; accepted: 2 to 8");
}

/// Layers whose weights have a width, by name, and what to tell where another is named.
void check_weight_names(const FusedNetwork& fused, const QuantizeOptions& options) {
  std::string accepted;
  std::map<std::string, bool> known;
  for (const FusedLayer& layer : fused.layers) {
    if (!has_weights(layer.op)) continue;
    known[layer.name] = true;
    accepted += (accepted.empty() ? "" : ", ") + layer.name;
  }
  for (const auto& [name, bits] : options.layer_weight_bits) {
    check_width("weight", name, bits);
    if (known.count(name) == 0) {
      throw InputError("weight bits of '" + name + "': no layer with weights has this name; accepted: " + accepted);
    }
  }
}

/// Layers and network inputs by name, with the tensor that bears the width.
std::map<std::string, int> width_bearers(const FusedNetwork& fused) {
  std::map<std::string, int> bearers;
  for (const int input : fused.inputs) bearers[nth(fused.tensors, input).name] = input;
  for (const FusedLayer& layer : fused.layers) bearers[layer.name] = layer.output;
  return bearers;
}

}  // namespace

int weight_bits_of(const QuantizeOptions& options, const std::string& layer) {
  const auto own = options.layer_weight_bits.find(layer);
  return own == options.layer_weight_bits.end() ? options.weight_bits : own->second;
}

std::vector<int> tensor_bits(const FusedNetwork& fused, const QuantizeOptions& options) {
  check_weight_names(fused, options);
  const std::map<std::string, int> bearers = width_bearers(fused);
  const std::vector<std::size_t> groups = scale_groups(fused);
  std::map<std::size_t, std::pair<std::string, int>> given;  // group -> who said so, bits
  for (const auto& [name, bits] : options.layer_activation_bits) {
    check_width("activation", name, bits);
    const auto bearer = bearers.find(name);
    if (bearer == bearers.end()) {
      std::string accepted;
      for (const auto& entry : bearers) accepted += (accepted.empty() ? "" : ", ") + entry.first;
      throw InputError("activation bits of '" + name +
                       "': no layer or network input has this name; accepted: " + accepted);
    }
    const auto [first, is_new] = given.emplace(nth(groups, bearer->second), std::pair(name, bits));
    if (is_new || first->second.second == bits) continue;
    throw InputError("activation bits: '" + name + "' has " + std::to_string(bits) + " and '" + first->second.first +
                     "' has " + std::to_string(first->second.second) +
                     ", but the integers of one are moved to the other; accepted: equal widths");
  }
  std::vector<int> widths;
  for (const std::size_t group : groups) {
    const auto own = given.find(group);
    widths.push_back(own == given.end() ? options.activation_bits : own->second.second);
  }
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const FusedTensor& derived = fused.tensors[i];
    if (derived.scale_of >= 0) widths[i] = nth(widths, derived.scale_of);
  }
  return widths;
}

}  // namespace systoliq::sw_ref
