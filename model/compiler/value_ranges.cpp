// SPDX-License-Identifier: Apache-2.0
// One pass over the layers in the order of their execution.
#include "model/compiler/value_ranges.h"

#include <algorithm>

#include "model/arith/requantize.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

constexpr std::int64_t kMostTaps = 65535;  ///< sums of so many 16-bit integers fit the 32 bits of tflite_ref

StoredRange of_bits(int bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return {-half, half - 1};
}

StoredRange joined(const StoredRange& a, const StoredRange& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

class Ranges final {
 public:
  explicit Ranges(const QuantizedNetwork& network) : network_(network) {
    for (const QuantizedTensor& tensor : network.tensors) ranges_.push_back(of_bits(tensor.bits));
  }

  std::vector<StoredRange> run() {
    for (const QuantizedLayer& layer : network_.layers) {
      const StoredRange made = range_of(layer);
      const std::int64_t low = layer.clamp_min, high = layer.clamp_max;
      nth(ranges_, layer.output) = {std::clamp(made.low, low, high), std::clamp(made.high, low, high)};
    }
    return ranges_;
  }

 private:
  const QuantizedTensor& tensor(int index) const { return nth(network_.tensors, index); }

  /// Before the clamp.
  StoredRange range_of(const QuantizedLayer& layer) const {
    const QuantizedTensor& in = tensor(layer.inputs.at(0));
    const QuantizedTensor& out = tensor(layer.output);
    switch (layer.op) {
      case LayerOp::kLookup:
        return of_table(layer, in);
      case LayerOp::kAveragePool:
        if (in.scale == out.scale && in.zero_point == out.zero_point) return of_inputs(layer);
        break;
      case LayerOp::kMaxPool:
      case LayerOp::kConcat:
      case LayerOp::kPad:
      case LayerOp::kMove:
        return of_inputs(layer);
      case LayerOp::kConvolution:
        if (layer.factor) return of_mean(layer, in, out);
        break;
      case LayerOp::kAdd:
      case LayerOp::kMultiply:
      case LayerOp::kConvTranspose:
        break;
    }
    return of_bits(out.bits);
  }

  /// Of all inputs, and of what lies outside of them.
  StoredRange of_inputs(const QuantizedLayer& layer) const {
    const std::int64_t zero = tensor(layer.inputs[0]).zero_point;
    StoredRange range = {zero, zero};
    for (const int input : layer.inputs) range = joined(range, nth(ranges_, input));
    return range;
  }

  StoredRange of_table(const QuantizedLayer& layer, const QuantizedTensor& in) const {
    const StoredRange& from = nth(ranges_, layer.inputs[0]);
    const std::int64_t lowest = of_bits(in.bits).low;
    StoredRange range = {nth(layer.lookup, from.low - lowest), nth(layer.lookup, from.low - lowest)};
    for (std::int64_t stored = from.low; stored <= from.high; ++stored) {
      const std::int64_t entry = nth(layer.lookup, stored - lowest);
      range = joined(range, {entry, entry});
    }
    return range;
  }

  /// The sum of a plane times a factor, which never falls as the sum rises.
  StoredRange of_mean(const QuantizedLayer& layer, const QuantizedTensor& in, const QuantizedTensor& out) const {
    const Window& w = layer.window;
    const std::int64_t taps = element_count(layer.weights.shape) / layer.weights.shape.at(0);
    const auto& weights = layer.weights.data;
    const bool plain = requantization_preset(network_, layer) == Preset::kTfliteRef && taps <= kMostTaps &&
                       in.zero_point == 0 && w.pad_top + w.pad_left + w.pad_bottom + w.pad_right == 0 &&
                       std::all_of(weights.begin(), weights.end(), [](std::int32_t weight) { return weight == 1; }) &&
                       std::all_of(layer.bias.begin(), layer.bias.end(), [](std::int64_t bias) { return bias == 0; });
    if (!plain || layer.factor->multiplier < 0 || layer.factor->exponent + 31 > 0) return of_bits(out.bits);
    const StoredRange& from = nth(ranges_, layer.inputs[0]);
    const auto mean = [&](std::int64_t stored) {
      return requantize(Preset::kTfliteRef, taps * stored, layer.factor->multiplier, layer.factor->exponent + 31) +
             out.zero_point;
    };
    return {mean(from.low), mean(from.high)};
  }

  const QuantizedNetwork& network_;
  std::vector<StoredRange> ranges_;
};

}  // namespace

std::vector<StoredRange> stored_ranges(const QuantizedNetwork& network) { return Ranges(network).run(); }

}  // namespace systoliq::model
