// SPDX-License-Identifier: Apache-2.0
// Places, ranges and scales of integers in a network under training.
#include "sw_ref/training/quantization_simulator.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/integer/quantize_weights.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargestBias = std::int64_t{1} << 31;
constexpr double kNothing = 0.0, kSeen = 1.0;

Rounding add_rounding(AddForm form) {
  if (form == AddForm::kRatios) return Rounding::kHalfAway;
  return form == AddForm::kFloat ? Rounding::kHalfEven : Rounding::kHalfUp;
}

/// Training rounds once; of double rounding it keeps the first, ties up.
Rounding rounding_of(NetworkOp op, Preset preset) {
  const PresetTraits& traits = traits_of(preset);
  if (op == NetworkOp::kGlobalAveragePool) return traits.average_rounding;
  if (op == NetworkOp::kAdd) return add_rounding(traits.add_form);
  return traits.scaling == Scaling::kFixedPointDouble ? Rounding::kHalfUp : traits.rounding;
}

/// Layers that store no value of their own where they follow one that computes.
bool goes_with_its_input(NetworkOp op) {
  return op == NetworkOp::kRelu || op == NetworkOp::kRelu6 || op == NetworkOp::kBatchNormalization;
}

bool moves_only(NetworkOp op) { return op == NetworkOp::kMaxPool || op == NetworkOp::kFlatten; }

/// The layer that takes this one's output over before anything is stored, or nullptr.
const NetworkLayer* absorber(const NetworkDescription& network, const NetworkLayer& layer) {
  const NetworkLayer* user = nullptr;
  for (const NetworkLayer& other : network.layers) {
    if (std::find(other.inputs.begin(), other.inputs.end(), layer.name) == other.inputs.end()) continue;
    if (user != nullptr) return nullptr;
    user = &other;
  }
  if (user == nullptr || moves_only(layer.op)) return nullptr;
  const bool absorbs = goes_with_its_input(user->op);
  return absorbs ? user : nullptr;
}

}  // namespace

std::vector<StoredValue> stored_values(const NetworkDescription& network, Preset preset) {
  std::vector<StoredValue> values = {{"input", "input", Rounding::kHalfEven}};
  std::map<std::string, NetworkOp> computed_by;  // behind a batch normalization or ReLU
  for (const NetworkLayer& layer : network.layers) {
    if (moves_only(layer.op)) continue;
    const bool follows = goes_with_its_input(layer.op);
    check(!follows || computed_by.count(layer.inputs.front()) != 0, layer.name + " follows no layer that computes");
    const NetworkOp op = follows ? computed_by.at(layer.inputs.front()) : layer.op;
    if (absorber(network, layer) != nullptr) {
      computed_by[layer.name] = op;
      continue;
    }
    const bool last = &layer == &network.layers.back();
    values.push_back({layer.name, last ? "logits" : layer.name, rounding_of(op, preset)});
  }
  return values;
}

QuantizationSimulator::QuantizationSimulator(const QuantizationSettings& settings, const NetworkDescription& network)
    : settings_(settings), values_(stored_values(network, settings.options.preset)) {
  for (std::size_t i = 0; i < values_.size(); ++i) index_[values_[i].layer] = i;
  std::map<std::string, std::size_t> stands_for = {{"input", 0}};
  for (const NetworkLayer& layer : network.layers) {
    const auto source = stands_for.find(layer.inputs.front());
    if (source != stands_for.end()) source_[layer.name] = source->second;
    const auto own = index_.find(layer.name);
    if (own != index_.end()) {
      stands_for[layer.name] = own->second;
    } else if (moves_only(layer.op)) {
      stands_for[layer.name] = source->second;
    }
  }
  state_ = torch::full({static_cast<std::int64_t>(values_.size()), 3}, kNothing, torch::kFloat64);
}

void QuantizationSimulator::see(std::size_t stored, const torch::Tensor& x) {
  const Extremes batch = extremes_of(x);
  if (!std::isfinite(batch.low) || !std::isfinite(batch.high)) {
    throw InputError("training with quantization: tensor '" + values_[stored].tensor +
                     "' holds a value that is not finite; a smaller learning rate, or smaller inputs, are needed");
  }
  double* own = state_.data_ptr<double>() + 3 * stored;
  if (own[2] != kSeen) {
    own[0] = batch.low;
    own[1] = batch.high;
  } else if (settings_.observer == Observer::kMinMax) {
    own[0] = std::min(own[0], batch.low);
    own[1] = std::max(own[1], batch.high);
  } else {
    own[0] += settings_.observer_momentum * (batch.low - own[0]);
    own[1] += settings_.observer_momentum * (batch.high - own[1]);
  }
  own[2] = kSeen;
}

ScaleAndZero QuantizationSimulator::scale_of(std::size_t stored) const {
  const double* own = state_.data_ptr<double>() + 3 * stored;
  check(own[2] == kSeen, "no value of " + values_[stored].tensor + " was seen");
  return fit({std::min(own[0], 0.0), std::max(own[1], 0.0)}, activation_grid(settings_.options));
}

torch::Tensor QuantizationSimulator::value(const std::string& layer, const torch::Tensor& x) {
  const auto found = index_.find(layer);
  if (!settings_.quantize_activations || found == index_.end()) return x;
  if (observing_) see(found->second, x);
  const ScaleAndZero fitted = scale_of(found->second);
  const Grid grid = activation_grid(settings_.options);
  return fake_quantize(x, {{double{fitted.scale}},
                           std::int64_t{grid.lowest} - fitted.zero_point,
                           std::int64_t{grid.highest} - fitted.zero_point,
                           values_[found->second].rounding,
                           false});
}

std::vector<double> QuantizationSimulator::weight_scales(const NetworkLayer& layer, const torch::Tensor& weight,
                                                         const torch::Tensor& bias, std::int64_t* zero_point) const {
  const QuantizeOptions& options = settings_.options;
  const std::int64_t runs = options.per_channel ? layer.out : 1;
  const torch::Tensor rows = weight.detach().reshape({runs, -1});
  const torch::Tensor low = rows.amin(1), high = rows.amax(1);
  std::vector<Range> ranges;
  for (std::int64_t i = 0; i < runs; ++i) {
    ranges.push_back(
        {std::min(double{low.data_ptr<float>()[i]}, 0.0), std::max(double{high.data_ptr<float>()[i]}, 0.0)});
  }
  std::vector<ScaleAndZero> fitted = fit_runs(ranges, weight_grid(options));
  *zero_point = fitted.front().zero_point;
  if (bias.defined() && settings_.quantize_activations) {
    const float input_scale = scale_of(source_.at(layer.name)).scale;
    const float* biases = bias.data_ptr<float>();
    for (std::int64_t o = 0; o < layer.out; ++o) {
      float& own = fitted[static_cast<std::size_t>(runs == 1 ? 0 : o)].scale;
      own = scale_for_bias(own, double{biases[o]}, input_scale, options.power_of_two);
    }
  }
  std::vector<double> scales;
  for (const ScaleAndZero& own : fitted) scales.push_back(double{own.scale});
  return scales;
}

std::pair<torch::Tensor, torch::Tensor> QuantizationSimulator::operands(const NetworkLayer& layer,
                                                                        const torch::Tensor& weight,
                                                                        const torch::Tensor& bias) const {
  if (settings_.options.codebook != CodebookKind::kNone) return {weight, bias};
  const Grid grid = weight_grid(settings_.options);
  IntegerGrid integers;
  std::int64_t zero_point = 0;
  integers.scales = weight_scales(layer, weight, bias, &zero_point);
  integers.lowest = std::int64_t{grid.lowest} - zero_point;
  integers.highest = std::int64_t{grid.highest} - zero_point;
  integers.rounding = Rounding::kHalfAway;
  integers.in_double = true;
  const torch::Tensor stored_weight = fake_quantize(weight, integers);
  if (!bias.defined() || !settings_.quantize_activations) return {stored_weight, bias};
  const double input_scale = double{scale_of(source_.at(layer.name)).scale};
  for (double& scale : integers.scales) scale *= input_scale;
  integers.lowest = -kLargestBias;
  integers.highest = kLargestBias - 1;
  return {stored_weight, fake_quantize(bias, integers)};
}

std::vector<std::pair<std::string, Range>> QuantizationSimulator::ranges() const {
  std::vector<std::pair<std::string, Range>> seen;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double* own = state_.data_ptr<double>() + 3 * i;
    if (own[2] == kSeen) seen.push_back({values_[i].tensor, {std::min(own[0], 0.0), std::max(own[1], 0.0)}});
  }
  return seen;
}

void QuantizationSimulator::restore(const std::vector<std::pair<std::string, Range>>& ranges) {
  for (const auto& [tensor, range] : ranges) {
    const auto found = std::find_if(values_.begin(), values_.end(),
                                    [&name = tensor](const StoredValue& value) { return value.tensor == name; });
    if (found == values_.end()) throw InputError("tensor '" + tensor + "' is no stored value of the network");
    double* own = state_.data_ptr<double>() + 3 * (found - values_.begin());
    own[0] = range.low;
    own[1] = range.high;
    own[2] = kSeen;
  }
}

}  // namespace systoliq::sw_ref
