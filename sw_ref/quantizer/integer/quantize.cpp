// SPDX-License-Identifier: Apache-2.0
// quantize(): lowering, calibration, one scale for tensors that must share it, then every layer to integers.
#include "sw_ref/quantizer/integer/quantize.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sw_ref/quantizer/calibration/calibration.h"
#include "sw_ref/quantizer/calibration/equalization.h"
#include "sw_ref/quantizer/calibration/given_ranges.h"
#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/integer/bias_correction.h"
#include "sw_ref/quantizer/integer/divisor_form.h"
#include "sw_ref/quantizer/integer/quantize_steps.h"
#include "sw_ref/quantizer/integer/quantize_weights.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/integer/widths.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/options.h"
#include "types/util/cancellation.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// What the float network computes under the tensors' names; nothing for constants and for tensors of other scales.
std::vector<Distribution> observed(const Graph& graph, const FusedNetwork& network,
                                   const std::vector<FloatTensor>& images, bool histograms) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < network.tensors.size(); ++i) {
    if (is_observed(network, i)) names.push_back(network.tensors[i].graph_value());
  }
  const std::vector<Distribution> seen = calibrate(graph, images, names, histograms);
  std::vector<Distribution> all(network.tensors.size());
  for (std::size_t i = 0, next = 0; i < all.size(); ++i) {
    if (is_observed(network, i)) all[i] = seen[next++];
  }
  return all;
}

/// One range per group: the union over the tensors that some layer computes rather than moves.
std::vector<ScaleAndZero> activation_scales(const Graph& graph, const FusedNetwork& network,
                                            const std::vector<FloatTensor>& images, const QuantizeOptions& options,
                                            const std::vector<int>& bits) {
  const bool given = options.activation_range == RangeMethod::kGiven;
  std::vector<Distribution> seen;
  const std::vector<std::size_t> group = scale_groups(network);
  const auto grid = [&](std::size_t tensor) { return activation_grid(options, bits[tensor]); };
  const std::size_t count = network.tensors.size();
  bool histograms = false;
  for (std::size_t i = 0; i < count; ++i) {
    histograms = histograms || needs_histogram(grid(i), options.activation_range);
  }
  if (!given) seen = observed(graph, network, images, histograms);
  std::vector<bool> moved(count, false);
  for (const FusedLayer& layer : network.layers) nth(moved, layer.output) = keeps_scale(layer);
  const std::vector<int> unread = unread_inputs(network);
  std::vector<Range> ranges(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (moved[i] || network.tensors[i].scale_of >= 0) continue;
    if (std::count(unread.begin(), unread.end(), static_cast<int>(i)) != 0) continue;
    const auto fixed = fixed_range(graph, network, i);
    const Range range = fixed   ? *fixed
                        : given ? given_range(graph, network.tensors[i].name)
                                : choose_range(seen[i], options.activation_range, options, grid(i));
    Range& joined = ranges[group[i]];
    joined = {std::min(joined.low, range.low), std::max(joined.high, range.high)};
  }
  std::vector<ScaleAndZero> fitted;
  for (std::size_t i = 0; i < count; ++i) fitted.push_back(fit(ranges[group[i]], grid(i)));
  for (const int input : unread) nth(fitted, input) = {};
  return fitted;
}

void quantize_at_once(const Graph& graph, const FusedNetwork& fused, const std::vector<FloatTensor>& images,
                      const QuantizeOptions& options, QuantizedNetwork* network, QuantizeReport* report) {
  const std::vector<int> bits = tensor_bits(fused, options);
  const std::vector<ScaleAndZero> scales = activation_scales(graph, fused, images, options, bits);
  for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
    network->tensors.push_back(tensor_of(fused.tensors[i], scales[i], options, bits[i]));
    if (scales[i].wanted_zero_point == scales[i].zero_point || fused.tensors[i].scale_of >= 0) continue;
    report->moved_zero_points.push_back(fused.tensors[i].name);
  }
  share_scales(fused, &network->tensors);
  add_constants(fused, network);
  for (const FusedLayer& layer : fused.layers) add_quantized_layer(layer, options, network, report);
}

QuantizedNetwork quantize_equalized(const Graph& graph, const std::vector<FloatTensor>& images,
                                    const QuantizeOptions& options, QuantizeReport* report) {
  QuantizeOptions rest = options;
  rest.equalize = false;
  QuantizedNetwork network = quantize(equalize(graph, &report->equalization), images, rest, report);
  network.metadata[kEqualizationKey] = "cross-layer";
  return network;
}

/// The integers of a layer whose input and output tensors are in `network`.
QuantizedLayer quantize_layer(const FusedLayer& fused, const QuantizedNetwork& network, const QuantizeOptions& options,
                              QuantizeReport* report) {
  throw_if_canceled();
  const QuantizedTensor& in = nth(network.tensors, fused.inputs.front());
  const QuantizedTensor& out = nth(network.tensors, fused.output);
  QuantizedLayer layer;
  layer.name = fused.name;
  layer.op = fused.op;
  layer.inputs = fused.inputs;
  layer.output = fused.output;
  layer.window = fused.window;
  layer.groups = fused.groups;
  layer.fully_connected = fused.fully_connected;
  layer.count_include_pad = fused.count_include_pad;
  layer.move = fused.move;
  layer.axis = fused.axis;
  layer.float_output = fused.value.empty() ? out.name : fused.value;
  layer.nodes = node_texts(fused);
  set_clamp(fused, out, &layer);
  if (has_weights(fused.op)) {
    QuantizeOptions own = options;
    own.weight_bits = weight_bits_of(options, fused.name);
    quantize_weights(fused, in.scale, own, &layer, report);
  }
  if (fused.op == LayerOp::kLookup) {
    layer.function = fused.function;
    layer.lookup = lookup_table(fused.function, in, out);
  }
  return layer;
}

}  // namespace

bool keeps_scale(const FusedLayer& layer) {
  return layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kConcat || layer.op == LayerOp::kPad ||
         layer.op == LayerOp::kMove;
}

bool is_observed(const FusedNetwork& network, std::size_t tensor) {
  return network.constants.count(static_cast<int>(tensor)) == 0 && network.tensors[tensor].scale_of < 0;
}

std::optional<Range> fixed_range(const Graph& graph, const FusedNetwork& network, std::size_t tensor) {
  const auto constant = network.constants.find(static_cast<int>(tensor));
  if (constant != network.constants.end()) {
    const std::vector<double>& values = constant->second.values.data;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return Range{std::min(*low, 0.0), std::max(*high, 0.0)};
  }
  const auto value = graph.values.find(network.tensors[tensor].graph_value());
  if (value == graph.values.end()) return {};
  if (value->second.type == ElementType::kUint8) return Range{0.0, 255.0};
  if (value->second.type == ElementType::kInt8) return Range{-128.0, 127.0};
  return {};
}

void add_constants(const FusedNetwork& fused, QuantizedNetwork* network) {
  for (const auto& [index, constant] : fused.constants) {
    const FloatTensor values(constant.values.shape, {constant.values.data.begin(), constant.values.data.end()});
    network->constants[index] = quantize_tensor(values, nth(network->tensors, index));
  }
}

std::vector<std::size_t> scale_groups(const FusedNetwork& network) {
  std::vector<std::size_t> group(network.tensors.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  const auto first_of = [&group](std::size_t tensor) {
    while (group[tensor] != tensor) tensor = group[tensor] = group[group[tensor]];
    return tensor;
  };
  for (const FusedLayer& layer : network.layers) {
    if (!keeps_scale(layer)) continue;
    for (const int input : layer.inputs) {
      group[first_of(static_cast<std::size_t>(layer.output))] = first_of(static_cast<std::size_t>(input));
    }
  }
  for (std::size_t tensor = 0; tensor < group.size(); ++tensor) {
    const FusedTensor& derived = network.tensors[tensor];
    if (derived.scale_of < 0 || derived.mirrored) continue;
    group[first_of(tensor)] = first_of(static_cast<std::size_t>(derived.scale_of));
  }
  for (std::size_t tensor = 0; tensor < group.size(); ++tensor) group[tensor] = first_of(tensor);
  return group;
}

std::vector<int> unread_inputs(const FusedNetwork& network) {
  std::vector<int> unread;
  for (const int input : network.inputs) {
    if (!is_read_as_integers(network, input)) unread.push_back(input);
  }
  return unread;
}

std::vector<std::string> node_texts(const FusedLayer& layer) {
  std::vector<std::string> texts;
  for (const FusedNode& node : layer.nodes) texts.push_back(node.text);
  return texts;
}

Grid activation_grid(const QuantizeOptions& options) { return activation_grid(options, options.activation_bits); }

Grid activation_grid(const QuantizeOptions& options, int bits) {
  Grid grid;
  grid.lowest = lowest_stored(bits);
  grid.highest = highest_stored(bits);
  grid.symmetric = options.symmetric_activations;
  grid.power_of_two = options.power_of_two;
  grid.span = options.symmetric_scale == SymmetricScale::kSpan;
  grid.observer = options.power_of_two_observer;
  grid.clip = options.affine == AffineMode::kClip;
  return grid;
}

QuantizedTensor tensor_of(const FusedTensor& fused, const ScaleAndZero& fitted, const QuantizeOptions& options,
                          int bits) {
  return {fused.name,  fused.shape, fitted.scale, fitted.zero_point, bits, options.unsigned_activations ? 128 : 0,
          fused.layout};
}

void add_quantized_layer(const FusedLayer& fused, const QuantizeOptions& options, QuantizedNetwork* network,
                         QuantizeReport* report) {
  network->layers.push_back(quantize_layer(fused, *network, options, report));
  if (!has_weights(fused.op) || options.scale_form != ScaleForm::kDivisor) return;
  to_divisor_form(network, network->layers.size() - 1);
}

QuantizedNetwork quantize(const Graph& graph, const std::vector<FloatTensor>& images, const QuantizeOptions& options,
                          QuantizeReport* report) {
  check_options(options);
  QuantizeReport unseen;
  if (report == nullptr) report = &unseen;
  if (is_quantized(graph)) {
    throw InputError("network '" + graph.name + "' is quantized already; accepted: a float network");
  }
  if (options.equalize) return quantize_equalized(graph, images, options, report);
  LoweringInput input;
  input.graph = &graph;
  const FusedNetwork fused = lower(input);
  QuantizedNetwork network;
  network.name = graph.name;
  network.preset = options.preset;
  network.inputs = fused.inputs;
  network.outputs = fused.outputs;
  network.output_names = graph.outputs;
  network.output_layouts = fused.output_layouts;
  network.metadata = graph.metadata;
  network.host_parts = fused.host_parts;
  network.vanished = fused.vanished;
  if (options.bias_form == BiasForm::kOwnScale) {
    network.metadata[kBiasFormKey] = "own-scale " + std::to_string(options.bias_bits);
  }
  if (options.calibration == CalibrationOrder::kLayerwise) {
    quantize_layerwise(graph, fused, images, options, &network, report);
  } else {
    quantize_at_once(graph, fused, images, options, &network, report);
  }
  if (options.bias_correction) report->bias_corrections = correct_bias(graph, fused, images, &network);
  return network;
}

}  // namespace systoliq::sw_ref
