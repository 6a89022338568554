// SPDX-License-Identifier: Apache-2.0
// Every score quantizes the network anew, so that all options keep their meaning.
#include "tb/compare/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sw_ref/quantizer/integer/quantize.h"
#include "tb/compare/scores.h"
#include "types/util/number_text.h"

namespace systoliq::tb {
namespace {

int index_of_largest(const std::vector<float>& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// -log of the softmax's value at `label`.
double cross_entropy(const std::vector<float>& logits, int label) {
  const double largest = double{*std::max_element(logits.begin(), logits.end())};
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(double{logit} - largest);
  return std::log(sum) + largest - double{logits.at(static_cast<std::size_t>(label))};
}

WidthScore score(const QuantizedNetwork& network, const SensitivityWork& work) {
  const sw_ref::HostParts parts(network);
  WidthScore result;
  for (std::size_t i = 0; i < work.images.size(); ++i) {
    const FloatTensor logits =
        scores_of(network, sw_ref::reference_values(network, parts, work.images[i], AccumulationOrder{}));
    if (work.labels[i] < 0 || work.labels[i] >= static_cast<int>(logits.data.size())) {
      throw InputError("label " + std::to_string(work.labels[i]) + " of image " + std::to_string(i) +
                       " is beyond the network's " + std::to_string(logits.data.size()) + " outputs");
    }
    result.top1 += index_of_largest(logits.data) == work.labels[i] ? 1.0 : 0.0;
    result.loss += cross_entropy(logits.data, work.labels[i]);
  }
  const auto count = static_cast<double>(work.images.size());
  return {result.loss / count, 100.0 * result.top1 / count};
}

WidthScore score_with(const SensitivityWork& work, const std::map<std::string, int>& widths) {
  sw_ref::QuantizeOptions options = work.options;
  for (const auto& [layer, bits] : widths) options.layer_weight_bits[layer] = bits;
  return score(sw_ref::quantize(*work.graph, work.calibration, options), work);
}

int width_in(const SensitivityWork& work, const std::string& layer) {
  const auto own = work.options.layer_weight_bits.find(layer);
  return own == work.options.layer_weight_bits.end() ? work.options.weight_bits : own->second;
}

void report(const SensitivityWork& work, const std::string& what) {
  if (work.progress) work.progress(what);
}

/// One layer's widths from its own downwards, with the points that each costs.
struct Choice {
  const LayerSensitivity* layer = nullptr;
  std::vector<int> widths;
  std::vector<double> drops, losses;
  std::size_t at = 0;
};

Choice choices_of(const SensitivityWork& work, const Sensitivity& sensitivity, const LayerSensitivity& layer) {
  Choice choice;
  choice.layer = &layer;
  choice.widths = {width_in(work, layer.layer)};
  choice.drops = choice.losses = {0.0};
  for (auto one = layer.scores.rbegin(); one != layer.scores.rend(); ++one) {
    choice.widths.push_back(one->first);
    choice.drops.push_back(std::max(choice.drops.back(), sensitivity.base.top1 - one->second.top1));
    choice.losses.push_back(std::max(choice.losses.back(), one->second.loss - sensitivity.base.loss));
  }
  return choice;
}

struct Step {
  std::size_t layer = 0;
  double points = 0.0, points_a_bit = 0.0, loss_a_bit = 0.0;
};

/// The cheapest step that the remaining points allow.
std::optional<Step> cheapest(const std::vector<Choice>& choices, double remaining) {
  std::optional<Step> best;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Choice& c = choices[i];
    if (c.at + 1 == c.widths.size()) continue;
    const auto saved = static_cast<double>(c.layer->weights * (c.widths[c.at] - c.widths[c.at + 1]));
    const double points = c.drops[c.at + 1] - c.drops[c.at];
    const Step step{i, points, points / saved, (c.losses[c.at + 1] - c.losses[c.at]) / saved};
    if (points > remaining) continue;
    const bool better = !best || step.points_a_bit < best->points_a_bit ||
                        (step.points_a_bit == best->points_a_bit && step.loss_a_bit < best->loss_a_bit);
    if (better) best = step;
  }
  return best;
}

WidthProposal proposal_of(const std::vector<Choice>& choices) {
  WidthProposal proposal;
  for (const Choice& choice : choices) {
    proposal.widths[choice.layer->layer] = choice.widths[choice.at];
    proposal.predicted_drop += choice.drops[choice.at];
    proposal.bits += choice.layer->weights * choice.widths[choice.at];
    proposal.base_bits += choice.layer->weights * choice.widths[0];
  }
  return proposal;
}

}  // namespace

Sensitivity measure_sensitivity(const SensitivityWork& work) {
  if (work.images.empty() || work.labels.size() != work.images.size()) {
    throw InputError("sensitivity needs images with labels, one each");
  }
  const QuantizedNetwork base = sw_ref::quantize(*work.graph, work.calibration, work.options);
  report(work, "all layers");
  Sensitivity result;
  result.base = score(base, work);
  for (const QuantizedLayer& layer : base.layers) {
    if (!has_weights(layer.op)) continue;
    LayerSensitivity one{layer.name, element_count(layer.weights.shape), {}};
    for (const int bits : work.widths) {
      if (bits >= layer.weight_bits) {
        throw InputError("layer '" + layer.name + "' has " + std::to_string(layer.weight_bits) + " weight bits, so " +
                         std::to_string(bits) + " is no narrower width; accepted: 2 to " +
                         std::to_string(layer.weight_bits - 1));
      }
      report(work, layer.name + ", " + std::to_string(bits) + " bits");
      one.scores[bits] = score_with(work, {{layer.name, bits}});
    }
    result.layers.push_back(std::move(one));
  }
  return result;
}

WidthProposal propose_widths(const SensitivityWork& work, const Sensitivity& sensitivity, double target) {
  if (!(target >= 0.0)) throw InputError("target drop " + number_text(target) + "; accepted: 0 points or more");
  std::vector<Choice> choices;
  for (const LayerSensitivity& layer : sensitivity.layers) choices.push_back(choices_of(work, sensitivity, layer));
  std::vector<Step> steps;
  double remaining = target;
  while (const std::optional<Step> step = cheapest(choices, remaining)) {
    remaining -= step->points;
    ++choices[step->layer].at;
    steps.push_back(*step);
  }
  WidthProposal proposal = proposal_of(choices);
  int withdrawn = 0;
  while (!steps.empty()) {
    report(work, "proposed widths, " + std::to_string(withdrawn) + " steps withdrawn");
    proposal.score = score_with(work, proposal.widths);
    if (sensitivity.base.top1 - proposal.score.top1 <= target) break;
    --choices[steps.back().layer].at;
    steps.pop_back();
    proposal = proposal_of(choices);
    ++withdrawn;
  }
  if (steps.empty()) proposal.score = sensitivity.base;
  proposal.withdrawn = withdrawn;
  return proposal;
}

}  // namespace systoliq::tb
