// SPDX-License-Identifier: Apache-2.0
// Both networks on the same images, tensor by tensor; twice, since bins need the extremes.
#include "sw_ref/quantizer/integer/layer_errors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/integer/network_values.h"
#include "sw_ref/quantizer/integer/rounded_weights.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "types/util/index.h"
#include "types/util/names.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

struct Pair {
  FloatTensor exact, quantized;
};

std::vector<int> observed_tensors(const Graph& graph, const QuantizedNetwork& network) {
  std::vector<int> tensors = network.inputs;
  for (const QuantizedLayer& layer : network.layers) {
    // What a float operator became several layers for has no counterpart between them.
    if (graph.values.count(layer.float_output) != 0) tensors.push_back(layer.output);
  }
  return tensors;
}

std::vector<Pair> run_both(const FloatExecutor& executor, const Graph& graph, const QuantizedNetwork& network,
                           const HostParts& parts, const FloatTensor& image) {
  const std::map<std::string, FloatTensor> exact = executor.run(float_inputs(graph, image));
  const NetworkValues result = reference_values(network, parts, image, AccumulationOrder{});
  std::vector<Pair> pairs;
  std::map<int, std::string> values;
  for (const QuantizedLayer& layer : network.layers) values[layer.output] = layer.float_output;
  for (const int index : observed_tensors(graph, network)) {
    const QuantizedTensor& tensor = nth(network.tensors, index);
    const auto found = exact.find(values.count(index) != 0 ? values[index] : tensor.name);
    if (found == exact.end()) throw InputError("the float network has no tensor '" + tensor.name + "'");
    pairs.push_back({found->second, dequantize_tensor(nth(result.tensors, index), tensor)});
  }
  return pairs;
}

struct Sums {
  double difference = 0.0, exact = 0.0, count = 0.0;
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  void add(const Pair& pair) {
    check(pair.exact.data.size() == pair.quantized.data.size(), "compared tensors differ in element count");
    for (std::size_t i = 0; i < pair.exact.data.size(); ++i) {
      const double f = double{pair.exact.data[i]};
      const double q = double{pair.quantized.data[i]};
      difference += (q - f) * (q - f);
      exact += f * f;
      low = std::min({low, f, q});
      high = std::max({high, f, q});
    }
    count += static_cast<double>(pair.exact.data.size());
  }
};

void count_bins(const FloatTensor& values, double low, double high, std::vector<double>* bins) {
  const double per_unit = high > low ? static_cast<double>(bins->size()) / (high - low) : 0.0;
  for (const float value : values.data) {
    const auto bin = static_cast<std::size_t>((double{value} - low) * per_unit);
    (*bins)[std::min(bin, bins->size() - 1)] += 1.0;
  }
}

/// Figures of all pairs of one tensor.
TensorError summarize(const std::string& name, const std::vector<Pair>& pairs, int bins) {
  Sums sums;
  for (const Pair& pair : pairs) sums.add(pair);
  const std::vector<double> none(static_cast<std::size_t>(bins), 0.0);
  const double sqnr = sums.difference == 0.0 ? std::numeric_limits<double>::infinity()
                                             : 10.0 * std::log10(sums.exact / sums.difference);
  TensorError error{name, sums.difference / sums.count, sqnr, sums.low, sums.high, none, none};
  for (const Pair& pair : pairs) {
    count_bins(pair.exact, error.low, error.high, &error.float_bins);
    count_bins(pair.quantized, error.low, error.high, &error.quantized_bins);
  }
  return error;
}

}  // namespace

std::vector<TensorError> weight_errors(const Graph& graph, const QuantizedNetwork& network, int bins) {
  check(bins >= 1, "a histogram has bins");
  LoweringInput input;
  input.graph = &graph;
  const FusedNetwork fused = lower(input);
  std::vector<TensorError> errors;
  for (const QuantizedLayer& layer : network.layers) {
    const auto found = std::find_if(fused.layers.begin(), fused.layers.end(), [&](const FusedLayer& candidate) {
      return candidate.name == layer.name && candidate.weights.values.data.size() == layer.weights.data.size();
    });
    if (!has_weights(layer.op) || found == fused.layers.end()) continue;
    const std::vector<double>& exact = found->weights.values.data;
    const Pair pair{FloatTensor(layer.weights.shape, std::vector<float>(exact.begin(), exact.end())),
                    dequantize_weights(layer)};
    errors.push_back(summarize(layer.name + " weights", {pair}, bins));
  }
  return errors;
}

std::vector<TensorError> layer_errors(const Graph& graph, const QuantizedNetwork& network,
                                      const std::vector<FloatTensor>& images, int bins) {
  if (images.empty() || bins < 1) throw InputError("layer errors need at least one image and one bin");
  const FloatExecutor executor(graph);
  const HostParts parts(network);
  const std::vector<int> tensors = observed_tensors(graph, network);
  std::vector<Sums> sums(tensors.size());
  for (const FloatTensor& image : images) {
    const std::vector<Pair> pairs = run_both(executor, graph, network, parts, image);
    for (std::size_t i = 0; i < pairs.size(); ++i) sums[i].add(pairs[i]);
  }
  std::vector<TensorError> errors;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::vector<double> none(static_cast<std::size_t>(bins), 0.0);
    const Sums& s = sums[i];
    const double sqnr =
        s.difference == 0.0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(s.exact / s.difference);
    errors.push_back({nth(network.tensors, tensors[i]).name, s.difference / s.count, sqnr, s.low, s.high, none, none});
  }
  for (const FloatTensor& image : images) {
    const std::vector<Pair> pairs = run_both(executor, graph, network, parts, image);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      count_bins(pairs[i].exact, errors[i].low, errors[i].high, &errors[i].float_bins);
      count_bins(pairs[i].quantized, errors[i].low, errors[i].high, &errors[i].quantized_bins);
    }
  }
  return errors;
}

std::string histograms_csv(const std::vector<TensorError>& errors) {
  std::ostringstream out;
  out << "tensor,low,high,float,quantized\n";
  for (const TensorError& error : errors) {
    const double width = (error.high - error.low) / static_cast<double>(error.float_bins.size());
    for (std::size_t bin = 0; bin < error.float_bins.size(); ++bin) {
      const double low = error.low + width * static_cast<double>(bin);
      out << csv_text(error.tensor) << ',' << csv_number(low) << ',' << csv_number(low + width) << ','
          << error.float_bins[bin] << ',' << error.quantized_bins[bin] << '\n';
    }
  }
  return out.str();
}

}  // namespace systoliq::sw_ref
