// SPDX-License-Identifier: Apache-2.0
// Ranges per filter or per layer, then integers (docs/numerics.md: TFLite's quantizer).
#include "sw_ref/quantizer/integer/quantize_weights.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/integer/codebook.h"
#include "sw_ref/quantizer/integer/stored_values.h"

namespace systoliq::sw_ref {
namespace {

constexpr double kLargestBias = 0x1p30;

}  // namespace

Grid weight_grid(const QuantizeOptions& options) {
  Grid grid;
  grid.highest = highest_stored(options.weight_bits);
  grid.span = options.symmetric_scale == SymmetricScale::kSpan;
  grid.observer = options.power_of_two_observer;
  const bool whole = !options.symmetric_weights || grid.span || grid.observer;
  grid.lowest = whole ? lowest_stored(options.weight_bits) : -grid.highest;
  grid.symmetric = options.symmetric_weights;
  grid.power_of_two = options.power_of_two;
  grid.clip = options.affine == AffineMode::kClip && !grid.symmetric;
  return grid;
}

std::vector<ScaleAndZero> fit_runs(const std::vector<Range>& ranges, const Grid& grid) {
  std::vector<ScaleAndZero> fitted;
  std::vector<std::size_t> empty;
  float largest = 0.0F;
  for (const Range& range : ranges) {
    if (range.low == range.high && !grid.observer) empty.push_back(fitted.size());
    fitted.push_back(fit(range, grid));
    if (range.low != range.high) largest = std::max(largest, fitted.back().scale);
  }
  for (const std::size_t i : empty) fitted[i].scale = largest > 0.0F ? largest : 1.0F;
  return fitted;
}

float scale_for_bias(float scale, double bias, float input_scale, bool power_of_two) {
  double needed = std::abs(bias) / (double{input_scale} * kLargestBias);
  if (needed <= double{scale}) return scale;
  if (power_of_two) needed = std::exp2(std::ceil(std::log2(needed)));
  return std::nextafter(static_cast<float>(needed), power_of_two ? static_cast<float>(needed) : INFINITY);
}

namespace {

/// Scale of each run of `filter` weights.
std::vector<ScaleAndZero> fit_filters(const std::vector<double>& weights, std::size_t filter,
                                      const QuantizeOptions& options, const Grid& grid) {
  std::vector<Range> ranges;
  for (std::size_t first = 0; first < weights.size(); first += filter) {
    const Distribution seen =
        distribution_of(weights.data() + first, filter, options.weight_range == RangeMethod::kPercentile);
    ranges.push_back(choose_range(seen, options.weight_range, options, grid));
  }
  return fit_runs(ranges, grid);
}

/// The real biases, or what is left of them at their own scale: `bits` bits of magnitude and a sign.
std::vector<double> biases_of(const FusedLayer& fused, std::size_t outputs, const QuantizeOptions& options) {
  std::vector<double> biases = fused.bias.values.data;
  biases.resize(outputs, 0.0);
  double largest = 0.0;
  for (const double bias : biases) {
    if (!std::isfinite(bias)) throw InputError(fused.where + ": a bias is not finite");
    largest = std::max(largest, std::abs(bias));
  }
  if (options.bias_form == BiasForm::kAccumulator || largest == 0.0) return biases;
  const double scale = largest / ((1 << options.bias_bits) - 1);
  for (double& bias : biases) bias = std::round(bias / scale) * scale;
  return biases;
}

/// Linear weights with the scales of `fitted`, one or one a filter.
void store_weights(const std::vector<double>& weights, std::size_t filter, const std::vector<ScaleAndZero>& fitted,
                   const Grid& grid, QuantizedLayer* layer) {
  layer->weight_zero_point = fitted.front().zero_point;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double scale = double{fitted[fitted.size() == 1 ? 0 : i / filter].scale};
    const double stored = std::round(weights[i] / scale) + layer->weight_zero_point;
    layer->weights.data.push_back(
        static_cast<std::int32_t>(std::clamp(stored, double{1.0} * grid.lowest, double{1.0} * grid.highest)));
  }
}

}  // namespace

void quantize_weights(const FusedLayer& fused, float input_scale, const QuantizeOptions& options, QuantizedLayer* layer,
                      QuantizeReport* report) {
  const std::vector<double>& weights = fused.weights.values.data;
  const auto outputs = static_cast<std::size_t>(fused.weights.values.shape[0]);
  const std::size_t filter = weights.size() / outputs;
  const Grid grid = weight_grid(options);
  for (const double weight : weights) {
    if (!std::isfinite(weight)) throw InputError(fused.where + ": a weight is not finite");
  }
  const bool codebook = options.codebook != CodebookKind::kNone;
  const bool one_scale = !options.per_channel || options.codebook == CodebookKind::kPerTensor;
  Codebooks codebooks;
  if (codebook) codebooks = cluster_weights(fused, options);
  std::vector<ScaleAndZero> fitted =
      fit_filters(codebook ? codebooks.nearest_centroids : weights, one_scale ? weights.size() : filter, options,
                  codebook ? codebook_grid(options) : grid);
  const std::vector<double> biases = biases_of(fused, outputs, options);
  for (std::size_t o = 0; o < outputs; ++o) {
    ScaleAndZero& own = fitted[one_scale ? 0 : o];
    const float before = own.scale;
    own.scale = scale_for_bias(own.scale, biases[o], input_scale, options.power_of_two);
    if (!options.power_of_two_observer || own.scale == before) continue;
    throw InputError(fused.where + ": bias " + std::to_string(biases[o]) +
                     " exceeds 2^30 steps of the scales that the power-of-two observer gives; accepted: the plain "
                     "power-of-two rule, which raises the scale");
  }
  layer->weights.shape = fused.weights.values.shape;
  layer->weight_bits = options.weight_bits;
  for (const ScaleAndZero& own : fitted) layer->weight_scales.push_back(own.scale);
  for (std::size_t o = 0; o < outputs; ++o) {
    layer->bias.push_back(std::llround(biases[o] / (double{input_scale} * double{fitted[one_scale ? 0 : o].scale})));
  }
  if (codebook) {
    report->codebooks.push_back(store_codebooks(fused, codebooks, layer));
  } else {
    store_weights(weights, filter, fitted, grid, layer);
  }
}

}  // namespace systoliq::sw_ref
