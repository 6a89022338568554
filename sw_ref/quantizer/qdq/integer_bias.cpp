// SPDX-License-Identifier: Apache-2.0
// Biases that other tools leave in float or at a scale of their own, rounded to the scale of the products.
#include "sw_ref/quantizer/qdq/integer_bias.h"

#include <cmath>

#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr double kLargest = 70368744177664.0;  ///< 2^46

bool is_at_product_scale(const Constant& bias, const QuantizedLayer& layer, const QuantizedTensor& in) {
  if (!bias.is_quantized() || bias.type != ElementType::kInt32 || bias.zero_point != 0) return false;
  for (std::size_t o = 0; o < bias.values.data.size(); ++o) {
    const float given = bias.scales[bias.scales.size() == 1 ? 0 : o];
    const float product = in.scale * layer.weight_scales[layer.weight_scales.size() == 1 ? 0 : o];
    if (given != product && std::nextafter(given, product) != product) return false;
  }
  return true;
}

double real_bias(const Constant& bias, std::size_t o) {
  if (!bias.is_quantized()) return bias.values.data[o];
  return (bias.values.data[o] - bias.zero_point) * double{bias.scales[bias.scales.size() == 1 ? 0 : o]};
}

}  // namespace

std::vector<std::int64_t> integer_bias(const FusedLayer& fused, const QuantizedLayer& layer, const QuantizedTensor& in,
                                       const QuantizedTensor& out, bool any_change, std::vector<std::string>* notes) {
  const Constant& bias = fused.bias;
  const auto outputs = static_cast<std::size_t>(layer.weights.shape[0]);
  if (bias.values.data.empty()) return std::vector<std::int64_t>(outputs, 0);
  if (is_at_product_scale(bias, layer, in)) return {bias.values.data.begin(), bias.values.data.end()};
  std::vector<std::int64_t> integers(outputs);
  double largest = 0.0;
  std::size_t channel = 0;
  for (std::size_t o = 0; o < outputs; ++o) {
    const double real = real_bias(bias, o);
    const double step = double{in.scale} * double{layer.weight_scales[layer.weight_scales.size() == 1 ? 0 : o]};
    const double rounded = std::round(real / step);
    if (!(std::abs(rounded) <= kLargest)) {
      throw InputError(fused.where + ": bias '" + bias.name + "' is " + number_text(real) + " in channel " +
                       std::to_string(o) + ", which at scale " + number_text(step) + " exceeds 47 bits");
    }
    integers[o] = static_cast<std::int64_t>(rounded);
    const double change = std::abs(rounded * step - real) / double{out.scale};
    if (change <= largest) continue;
    largest = change;
    channel = o;
  }
  if (largest > 0.5 && !any_change) {
    throw InputError(fused.where + ": bias '" + bias.name +
                     "' is not at input scale * weight scale, and rounding it to " + "that changes channel " +
                     std::to_string(channel) + " by " + number_text(largest) +
                     " steps of the output; accepted: half a step, or any change with --bias requantize");
  }
  if (largest > 0.0) {
    notes->push_back("layer '" + fused.name + "': bias '" + bias.name + "' rounded to input scale * weight scale; " +
                     "largest change " + number_text(largest) + " steps of the output, in channel " +
                     std::to_string(channel));
  }
  return integers;
}

}  // namespace systoliq::sw_ref
