// SPDX-License-Identifier: Apache-2.0
// Lines for people.
#include "tb/cli/placement_text.h"

#include <functional>

#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/fusion/host_operators.h"
#include "types/util/index.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::cli {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + shown(text);
  return all;
}

/// "  computes conv1 (Conv), relu1 (Relu)", where there is more than the layer's own node.
std::string nodes_line(const std::vector<std::string>& nodes) {
  return nodes.size() < 2 ? "" : "  computes " + joined(nodes) + "\n";
}

/// Lines of the host's nodes, and how many they are.
std::string host_lines(const HostPart& part, std::int64_t* count) {
  std::string text;
  for (const Node& node : part.graph.nodes) {
    if (sw_ref::is_reshape(node)) continue;
    ++*count;
    text += shown(node.name) + "  host " + shown(node.op) + "  " +
            to_string(part.graph.values.at(node.outputs.front()).shape) + "\n";
  }
  return text;
}

/// Layers and host parts in their order.
template <typename Network>
std::string in_order(const Network& network, const std::function<std::string(std::size_t)>& layer_line,
                     std::int64_t* on_host) {
  std::string text;
  std::size_t next = 0;
  const auto layers_until = [&](std::size_t end) {
    for (; next < end; ++next) text += layer_line(next);
  };
  for (const HostPart& part : network.host_parts) {
    layers_until(part.before_layer);
    text += host_lines(part, on_host);
  }
  layers_until(network.layers.size());
  if (!network.vanished.empty()) text += "folded, at no cost: " + joined(network.vanished) + "\n";
  return text;
}

std::string host_total(std::int64_t on_host) {
  return on_host == 0 ? "" : ", " + std::to_string(on_host) + (on_host == 1 ? " layer" : " layers") + " on the host";
}

}  // namespace

std::string placement_text(const QuantizedNetwork& network) {
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  std::int64_t on_host = 0;
  const auto line = [&](std::size_t index) {
    const QuantizedLayer& layer = network.layers[index];
    const QuantizedTensor& output = nth(network.tensors, layer.output);
    macs += mac_count(layer, network);
    weights += static_cast<std::int64_t>(layer.weights.data.size());
    return shown(layer.name) + "  " + to_string(layer.op) + "  " + to_string(output.shape) + "  " +
           std::to_string(mac_count(layer, network)) + " MACs  " + std::to_string(layer.weights.data.size()) +
           " weights  scale " + number_text(output.scale) + "  zero point " + std::to_string(output.zero_point) + "\n" +
           nodes_line(layer.nodes);
  };
  std::string text = in_order(network, line, &on_host);
  return text + std::to_string(network.layers.size()) + " layers, " + std::to_string(macs) + " MACs, " +
         std::to_string(weights) + " weights, preset " + std::string(to_string(network.preset)) + host_total(on_host) +
         "\n";
}

std::string placement_text(const sw_ref::FusedNetwork& network) {
  std::int64_t on_host = 0;
  const auto line = [&](std::size_t index) {
    const sw_ref::FusedLayer& layer = network.layers[index];
    std::vector<std::string> nodes;
    for (const sw_ref::FusedNode& node : layer.nodes) nodes.push_back(node.text);
    return shown(layer.name) + "  " + to_string(layer.op) + "  " + to_string(nth(network.tensors, layer.output).shape) +
           "\n" + nodes_line(nodes);
  };
  std::string text = in_order(network, line, &on_host);
  for (const std::string& obstacle : sw_ref::without_repetition(network.obstacles))
    text += "refused: " + shown(obstacle) + "\n";
  return text + std::to_string(network.layers.size()) + " layers" + host_total(on_host) + ", " +
         std::to_string(network.obstacles.size()) + (network.obstacles.size() == 1 ? " obstacle\n" : " obstacles\n");
}

}  // namespace systoliq::cli
