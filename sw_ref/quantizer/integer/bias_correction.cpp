// SPDX-License-Identifier: Apache-2.0
// Float means first, then layer by layer on integers: measured without the clamp, corrected, run again.
#include "sw_ref/quantizer/integer/bias_correction.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/onnx/float_writer.h"
#include "sw_ref/reference/reference.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargestBias = std::int64_t{1} << 30;
/// Beyond every requantized value that a sensible scale yields, and far from the ends of 32 bits.
constexpr std::int32_t kUnclamped = std::int32_t{1} << 29;

/// Sum of each channel's values over all positions.
template <typename T>
void add_channels(const std::vector<T>& values, std::vector<double>* sums) {
  const std::size_t plane = values.size() / sums->size();
  for (std::size_t i = 0; i < values.size(); ++i) (*sums)[i / plane] += static_cast<double>(values[i]);
}

double mean_magnitude(const std::vector<double>& errors) {
  double sum = 0.0;
  for (const double error : errors) sum += std::abs(error);
  return sum / static_cast<double>(errors.size());
}

class Correction final {
 public:
  Correction(const Graph& graph, const FusedNetwork& fused, const std::vector<FloatTensor>& images,
             QuantizedNetwork* network)
      : fused_(fused),
        images_(images),
        network_(*network),
        float_graph_(float_graph_of(graph, fused)),
        parts_(*network) {}

  std::vector<BiasCorrection> run() {
    measure_float();
    for (const FloatTensor& image : images_) values_.push_back(input_values(network_, image));
    std::vector<BiasCorrection> corrections;
    std::size_t part = 0;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      for (; part < network_.host_parts.size() && network_.host_parts[part].before_layer <= i; ++part) run_part(part);
      if (has_weights(network_.layers[i].op)) {
        corrections.push_back(correct(i));
      } else {
        store_outputs(i);
      }
    }
    return corrections;
  }

 private:
  const QuantizedTensor& tensor(int index) const { return nth(network_.tensors, index); }

  double values_per_channel(const QuantizedLayer& layer) const {
    const Shape& shape = tensor(layer.output).shape;
    return static_cast<double>(shape[2] * shape[3]) * static_cast<double>(images_.size());
  }

  /// Mean of every channel of every layer with weights, before its clamp.
  void measure_float() {
    const FloatExecutor executor(float_graph_);
    for (const FloatTensor& image : images_) {
      const auto values = executor.run(float_inputs(float_graph_, image));
      for (const FusedLayer& layer : fused_.layers) {
        if (!has_weights(layer.op)) continue;
        std::vector<double>& sums = float_means_[layer.output];
        sums.resize(static_cast<std::size_t>(layer.weights.values.shape[0]), 0.0);
        add_channels(values.at(linear_name(fused_, layer)).data, &sums);
      }
    }
    for (const QuantizedLayer& layer : network_.layers) {
      const auto sums = float_means_.find(layer.output);
      if (sums == float_means_.end()) continue;
      for (double& sum : sums->second) sum /= values_per_channel(layer);
    }
  }

  void run_part(std::size_t part) {
    for (NetworkValues& values : values_) {
      parts_.compute(part, &values);
      parts_.store(part, &values);
    }
  }

  IntTensor run_on(std::size_t layer, std::size_t image) const {
    std::vector<const IntTensor*> inputs;
    for (const int input : network_.layers[layer].inputs) {
      inputs.push_back(&nth(values_[image].tensors, input));
    }
    std::int64_t overflows = 0;
    return run_layer(network_, layer, inputs, AccumulationOrder{}, KernelTapPacking{}, &overflows);
  }

  void store_outputs(std::size_t layer) {
    const auto output = static_cast<std::size_t>(network_.layers[layer].output);
    for (std::size_t image = 0; image < images_.size(); ++image) values_[image].tensors[output] = run_on(layer, image);
  }

  /// The integer layer's mean per channel before its clamp; its clamped outputs are stored.
  std::vector<double> measure_integers(std::size_t index) {
    QuantizedLayer& layer = network_.layers[index];
    const QuantizedTensor& out = tensor(layer.output);
    const std::int32_t low = layer.clamp_min;
    const std::int32_t high = layer.clamp_max;
    std::vector<double> means(layer.bias.size(), 0.0);
    layer.clamp_min = -kUnclamped;
    layer.clamp_max = kUnclamped;
    for (std::size_t image = 0; image < images_.size(); ++image) {
      IntTensor& stored = nth(values_[image].tensors, layer.output);
      stored = run_on(index, image);
      add_channels(stored.data, &means);
      for (std::int32_t& value : stored.data) value = std::clamp(value, low, high);
    }
    layer.clamp_min = low;
    layer.clamp_max = high;
    for (double& mean : means) mean = (mean / values_per_channel(layer) - out.zero_point) * double{out.scale};
    return means;
  }

  BiasCorrection correct(std::size_t index) {
    QuantizedLayer& layer = network_.layers[index];
    const std::vector<double>& wanted = float_means_.at(layer.output);
    const std::vector<std::int64_t> uncorrected = layer.bias;
    const auto errors = [&] {
      std::vector<double> found = measure_integers(index);
      for (std::size_t c = 0; c < found.size(); ++c) found[c] -= wanted[c];
      return found;
    };
    const std::vector<double> before = errors();
    for (std::size_t c = 0; c < before.size(); ++c) layer.bias[c] = corrected(layer, c, before[c]);
    std::vector<double> after = errors();
    bool withdrawn = false;
    for (std::size_t c = 0; c < before.size(); ++c) {
      if (std::abs(after[c]) <= std::abs(before[c])) continue;
      layer.bias[c] = uncorrected[c];
      withdrawn = true;
    }
    if (withdrawn) after = errors();
    return {layer.name, mean_magnitude(before), mean_magnitude(after)};
  }

  /// The bias that takes out `error`, in real numbers, of channel `c`.
  std::int64_t corrected(const QuantizedLayer& layer, std::size_t c, double error) const {
    const double step =
        double{tensor(layer.inputs.at(0)).scale} * double{layer.weight_scales[layer.weight_scales.size() == 1 ? 0 : c]};
    const double moved = static_cast<double>(layer.bias[c]) - std::round(error / step);
    if (std::abs(moved) <= static_cast<double>(kLargestBias)) return static_cast<std::int64_t>(moved);
    throw InputError("bias correction: layer '" + layer.name + "', output channel " + std::to_string(c) +
                     " would need a bias of " + std::to_string(moved) + "; accepted: up to 2^30 steps of Sx * Sw");
  }

  const FusedNetwork& fused_;
  const std::vector<FloatTensor>& images_;
  QuantizedNetwork& network_;
  Graph float_graph_;
  std::map<int, std::vector<double>> float_means_;  ///< output tensor -> mean per channel
  HostParts parts_;
  std::vector<NetworkValues> values_;  ///< per image
};

}  // namespace

std::vector<BiasCorrection> correct_bias(const Graph& graph, const FusedNetwork& fused,
                                         const std::vector<FloatTensor>& images, QuantizedNetwork* network) {
  return Correction(graph, fused, images, network).run();
}

}  // namespace systoliq::sw_ref
