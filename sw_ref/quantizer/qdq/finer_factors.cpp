// SPDX-License-Identifier: Apache-2.0
// refine_factors(): every k is tried on every stored input of a channel.
#include "sw_ref/quantizer/qdq/finer_factors.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/stored_values.h"

namespace systoliq::sw_ref {
namespace {

constexpr double kLargestBias = 2147483648.0;  ///< 32 bits
constexpr int kMostBits = 8;                   // of the input: more values would take long

bool is_factor_layer(const FusedLayer& fused, const QuantizedTensor& in, const QuantizedLayer& layer) {
  const bool plain = layer.op == LayerOp::kConvolution && layer.codebook.empty() && layer.weight_zero_point == 0;
  const std::size_t channels = layer.weights.data.size();
  const bool real_bias = !fused.bias.is_quantized() && fused.bias.values.data.size() == channels;
  return plain && real_bias && in.bits <= kMostBits && layer.weight_bits == 8 &&
         static_cast<std::size_t>(layer.groups) == channels && layer.weight_scales.size() == channels &&
         std::all_of(layer.weights.data.begin(), layer.weights.data.end(), [](auto w) { return std::abs(w) <= 1; });
}

/// What the graph's float operators make of every stored input from the lowest on.
std::vector<std::int32_t> wanted(float factor, float shift, const QuantizedTensor& in, const QuantizedTensor& out) {
  std::vector<std::int32_t> integers;
  for (std::int32_t q = lowest_stored(in.bits); q <= highest_stored(in.bits); ++q) {
    const float product = to_real(q, in) * factor;
    integers.push_back(
        to_stored(product + shift, out.scale, out.zero_point, lowest_stored(out.bits), highest_stored(out.bits)));
  }
  return integers;
}

/// How many of them the rounded sum k · w · (q - Zx) + b, times `step`, does not give.
int misses(const std::vector<std::int32_t>& integers, std::int32_t weight, double bias, double step,
           const QuantizedTensor& in, const QuantizedTensor& out) {
  int missed = 0;
  std::int32_t q = lowest_stored(in.bits);
  for (const std::int32_t integer : integers) {
    const double sum = static_cast<double>(weight * (q - in.zero_point)) + bias;
    const double rounded = std::nearbyint(sum * step) + out.zero_point;
    const double limited =
        std::clamp(rounded, double{1.0} * lowest_stored(out.bits), double{1.0} * highest_stored(out.bits));
    missed += limited != integer ? 1 : 0;
    ++q;
  }
  return missed;
}

}  // namespace

bool refine_factors(const FusedLayer& fused, const QuantizedTensor& in, const QuantizedTensor& out,
                    QuantizedLayer* layer) {
  if (!is_factor_layer(fused, in, *layer)) return false;
  std::vector<std::int64_t> biases(layer->weights.data.size(), 0);
  bool exact = true;
  for (std::size_t c = 0; c < layer->weights.data.size(); ++c) {
    const std::int32_t weight = layer->weights.data[c];
    const float scale = layer->weight_scales[c];
    if (weight == 0) {
      exact = false;  // nothing but a shift, which needs no other scale
      continue;
    }
    const double shift = fused.bias.values.data[c];
    const std::vector<std::int32_t> integers =
        wanted(static_cast<float>(weight) * scale, static_cast<float>(shift), in, out);
    int least = static_cast<int>(integers.size()) + 1;
    for (std::int32_t k = 1; k <= highest_stored(layer->weight_bits) && least > 0; ++k) {
      const float finer = scale / static_cast<float>(k);
      const double unit = double{in.scale} * double{finer};
      const double nearest = std::round(shift / unit);
      if (!(std::abs(nearest) < kLargestBias)) continue;
      for (const double bias : {nearest, nearest - 1.0, nearest + 1.0}) {
        const int missed = misses(integers, k * weight, bias, unit / double{out.scale}, in, out);
        if (missed >= least) continue;
        least = missed;
        layer->weights.data[c] = k * weight;
        layer->weight_scales[c] = finer;
        biases[c] = static_cast<std::int64_t>(bias);
      }
    }
    exact = exact && least == 0;
  }
  if (exact) layer->bias = std::move(biases);
  return exact;
}

}  // namespace systoliq::sw_ref
