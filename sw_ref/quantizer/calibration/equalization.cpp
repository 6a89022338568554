// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization: finds neighboring layers that may share out their weights' ranges, and does so.
#include "sw_ref/quantizer/calibration/equalization.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/onnx/float_writer.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kMostSweeps = 1000;
constexpr double kEqualEnough = 1e-9;  // relative, of a factor in one sweep

/// True where a layer's output, before its clamp, is multiplied by s wherever its input's channel is.
bool scales_with_input(const FusedLayer& layer) {
  return layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kAveragePool || layer.op == LayerOp::kPad ||
         (layer.op == LayerOp::kLookup && layer.function.empty());
}

/// Why the layer's clamp does not scale with its input, or nothing.
std::string broken_by_clamp(const FusedLayer& layer) {
  const bool low = std::isinf(layer.clamp_low) || layer.clamp_low == 0.0;
  if (low && std::isinf(layer.clamp_high)) return "";
  const auto text = [](double bound) { return std::isinf(bound) ? std::string("none") : number_text(bound); };
  return layer.where + " is clipped (low " + text(layer.clamp_low) + ", high " + text(layer.clamp_high) +
         "), which does not scale with its input; accepted: ReLU or nothing";
}

class Equalization final {
 public:
  explicit Equalization(FusedNetwork* fused) : fused_(*fused) {
    for (std::size_t i = 0; i < fused_.layers.size(); ++i) {
      makers_[fused_.layers[i].output] = i;
      for (const int input : fused_.layers[i].inputs) ++readers_[input];
    }
    for (const int output : fused_.outputs) ++readers_[output];
    for (const HostPart& part : fused_.host_parts) {
      for (const int input : part.inputs) ++readers_[input];
    }
  }

  EqualizeReport run() {
    EqualizeReport report;
    for (std::size_t second = 0; second < fused_.layers.size(); ++second) {
      if (fused_.layers[second].op == LayerOp::kConvolution) find_pair(second, &report);
    }
    bool changed = true;
    for (int sweep = 0; changed && sweep < kMostSweeps; ++sweep) {
      changed = false;
      for (const auto& [first, second] : pairs_) {
        changed = equalize_pair(&fused_.layers[first], &fused_.layers[second]) || changed;
      }
    }
    return report;
  }

 private:
  /// From a layer's input back to the layer with weights that feeds it alone.
  void find_pair(std::size_t second, EqualizeReport* report) {
    const FusedLayer& reader = fused_.layers[second];
    int tensor = reader.inputs.at(0);
    std::string reason;
    while (reason.empty()) {
      const auto maker = makers_.find(tensor);
      if (maker == makers_.end()) return;  // the network's input, which is given
      const FusedLayer& layer = fused_.layers[maker->second];
      if (readers_.at(tensor) != 1) {
        reason = "the output of " + layer.where + " has other readers";
      } else if (layer.op != LayerOp::kConvolution && !scales_with_input(layer)) {
        reason = layer.where + " lies between, whose channels do not scale one by one with those of a single layer";
      } else {
        reason = broken_by_clamp(layer);
      }
      if (reason.empty() && layer.op == LayerOp::kConvolution) {
        pairs_.emplace_back(maker->second, second);
        report->equalized.push_back(layer.name + " -> " + reader.name);
        return;
      }
      tensor = layer.inputs.at(0);
    }
    report->refused.push_back(reader.name + ": " + reason);
  }

  /// Greatest magnitude of the weights that read each input channel.
  static std::vector<double> input_ranges(FusedLayer& layer, std::size_t channels) {
    std::vector<double> ranges(channels, 0.0);
    for_each_input_weight(&layer, [&](std::size_t channel, const double& weight) {
      ranges[channel] = std::max(ranges[channel], std::abs(weight));
    });
    return ranges;
  }

  template <typename Action>
  static void for_each_input_weight(FusedLayer* layer, const Action& action) {
    const Shape& shape = layer->weights.values.shape;
    const auto per_group = static_cast<std::size_t>(shape[1]);
    const auto taps = static_cast<std::size_t>(shape[2] * shape[3]);
    const std::size_t group_outputs = static_cast<std::size_t>(shape[0]) / static_cast<std::size_t>(layer->groups);
    std::vector<double>& weights = layer->weights.values.data;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::size_t output = i / (per_group * taps);
      action(output / group_outputs * per_group + i / taps % per_group, weights[i]);
    }
  }

  /// True if some channel's ranges were not equal yet.
  static bool equalize_pair(FusedLayer* first, FusedLayer* second) {
    const auto channels = static_cast<std::size_t>(first->weights.values.shape[0]);
    std::vector<double>& weights = first->weights.values.data;
    const std::size_t filter = weights.size() / channels;
    const std::vector<double> second_ranges = input_ranges(*second, channels);
    std::vector<double> factors(channels, 1.0);
    bool changed = false;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(c * filter);
      double range = 0.0;
      for (auto w = begin; w != begin + static_cast<std::ptrdiff_t>(filter); ++w) range = std::max(range, std::abs(*w));
      if (range == 0.0 || second_ranges[c] == 0.0) continue;  // a dead channel has nothing to share
      factors[c] = std::sqrt(range / second_ranges[c]);
      for (auto w = begin; w != begin + static_cast<std::ptrdiff_t>(filter); ++w) *w /= factors[c];
      if (!first->bias.values.data.empty()) first->bias.values.data[c] /= factors[c];
      changed = changed || std::abs(factors[c] - 1.0) > kEqualEnough;
    }
    for_each_input_weight(second, [&](std::size_t channel, double& weight) { weight *= factors[channel]; });
    return changed;
  }

  FusedNetwork& fused_;
  std::map<int, std::size_t> makers_;  ///< tensor -> layer
  std::map<int, int> readers_;         ///< tensor -> how many layers and outputs read it
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
};

}  // namespace

Graph equalize(const Graph& graph, EqualizeReport* report) {
  LoweringInput input;
  input.graph = &graph;
  FusedNetwork fused = lower(input);
  const EqualizeReport found = Equalization(&fused).run();
  if (found.equalized.empty()) {
    std::string reasons;
    for (const std::string& reason : found.refused) reasons += "\n  " + reason;
    throw InputError("network '" + graph.name + "' has no two layers with weights that equalization applies to" +
                     (reasons.empty() ? "; accepted: two in a row, with ReLU, pooling or nothing between" : ":") +
                     reasons);
  }
  if (report != nullptr) *report = found;
  return float_graph_of(graph, fused);
}

Graph float_counterpart(Graph graph, const QuantizedNetwork& network) {
  return network.metadata.count(kEqualizationKey) != 0 ? equalize(graph) : std::move(graph);
}

}  // namespace systoliq::sw_ref
