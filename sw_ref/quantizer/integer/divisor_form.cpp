// SPDX-License-Identifier: Apache-2.0
// The search for weight scales, and the text of divisors in metadata.
#include "sw_ref/quantizer/integer/divisor_form.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargestDivisor = std::int64_t{1} << 22;
constexpr double kTolerance = 0x1p-21;  // two roundings to float and room

class LayerScales final {
 public:
  LayerScales(const QuantizedNetwork& network, const QuantizedLayer& layer)
      : preset_(network.preset),
        x_(nth(network.tensors, layer.inputs.at(0)).scale),
        y_(nth(network.tensors, layer.output).scale),
        product_in_float_(layer.fully_connected && layer.weight_scales.size() == 1) {}

  /// Sy / (Sx * Sw).
  double quotient(float weight_scale) const { return double{y_} / (double{x_} * double{weight_scale}); }

  /// True if the integer multiplier of this weight scale is not below 1 / divisor.
  bool reaches(float weight_scale, std::int64_t divisor) const {
    const Requantization r = derive_requantization(preset_, x_, weight_scale, y_, product_in_float_);
    return std::int64_t{r.multiplier} * divisor >= std::int64_t{1} << (31 - r.exponent);
  }

  float smallest_for(std::int64_t divisor) const {
    auto scale = static_cast<float>(double{y_} / (double{x_} * static_cast<double>(divisor)));
    while (reaches(scale, divisor)) scale = std::nextafter(scale, 0.0F);
    while (!reaches(scale, divisor)) scale = std::nextafter(scale, INFINITY);
    return scale;
  }

 private:
  Preset preset_;
  float x_, y_;
  bool product_in_float_;
};

std::vector<std::int64_t> parse_divisors(const std::string& key, const std::string& text) {
  std::vector<std::int64_t> divisors;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool number = word.size() <= 7 && word.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoll(word) < 1 || std::stoll(word) > kLargestDivisor) {
      throw InputError("metadata '" + key + "': '" + word + "' is no divisor; accepted: integers from 1 to " +
                       std::to_string(kLargestDivisor));
    }
    divisors.push_back(std::stoll(word));
  }
  return divisors;
}

void check_layer(const QuantizedNetwork& network, const std::string& key, const std::string& text) {
  const std::string name = key.substr(std::string(kDivisorKey).size());
  const auto layer = std::find_if(network.layers.begin(), network.layers.end(),
                                  [&](const QuantizedLayer& one) { return one.name == name && has_weights(one.op); });
  if (layer == network.layers.end()) {
    throw InputError("metadata '" + key + "': no layer with weights is named '" + name + "'");
  }
  const std::vector<std::int64_t> divisors = parse_divisors(key, text);
  if (divisors.size() != layer->weight_scales.size()) {
    throw InputError("metadata '" + key + "' holds " + std::to_string(divisors.size()) + " divisors for " +
                     std::to_string(layer->weight_scales.size()) + " weight scales; accepted: one each");
  }
  const LayerScales scales(network, *layer);
  for (std::size_t i = 0; i < divisors.size(); ++i) {
    const double quotient = scales.quotient(layer->weight_scales[i]);
    const bool near = std::abs(quotient / static_cast<double>(divisors[i]) - 1.0) <= kTolerance;
    if (near && std::llround(quotient) == divisors[i]) continue;
    throw InputError("metadata '" + key + "': divisor " + std::to_string(divisors[i]) +
                     ", but the scales' quotient Sy / (Sx * Sw) is " + number_text(quotient) +
                     "; accepted: the same number");
  }
}

}  // namespace

bool takes_divisors(Preset preset) {
  return traits_of(preset).scaling == Scaling::kFixedPoint && preset != Preset::kTfliteSingle && !is_16x8(preset);
}

std::string presets_with_divisors() {
  std::string names;
  for (const PresetTraits& traits : kPresets) {
    if (takes_divisors(traits.preset)) names += (names.empty() ? "" : ", ") + std::string(traits.name);
  }
  return names;
}

void to_divisor_form(QuantizedNetwork* network, std::size_t index) {
  QuantizedLayer& layer = network->layers.at(index);
  const LayerScales scales(*network, layer);
  std::string text;
  for (float& scale : layer.weight_scales) {
    const double quotient = scales.quotient(scale);
    const double divisor = std::round(quotient);
    if (!(divisor >= 1.0 && divisor <= static_cast<double>(kLargestDivisor))) {
      throw InputError("layer '" + layer.name + "': Sy / (Sx * Sw) is " + number_text(quotient) +
                       ", so no divisor stands for it; accepted: 0.5 to " + std::to_string(kLargestDivisor));
    }
    scale = scales.smallest_for(static_cast<std::int64_t>(divisor));
    text += (text.empty() ? "" : " ") + std::to_string(static_cast<std::int64_t>(divisor));
  }
  network->metadata[kDivisorKey + layer.name] = text;
}

void check_divisors(const QuantizedNetwork& network) {
  const std::string prefix = kDivisorKey;
  for (const auto& [key, text] : network.metadata) {
    if (key.rfind(prefix, 0) == 0) check_layer(network, key, text);
  }
}

}  // namespace systoliq::sw_ref
