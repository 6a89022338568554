// SPDX-License-Identifier: Apache-2.0
// What both orders of calibration share: which tensors share a scale, and one layer to integers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Throws InputError for values out of range and for options that contradict each other.
void check_options(const QuantizeOptions& options);

/// True for layers that move integers without rescaling them.
bool keeps_scale(const FusedLayer& layer);

/// True for tensors that the float network computes under their names.
bool is_observed(const FusedNetwork& network, std::size_t tensor);

/// The range of a tensor that no calibration sees: of a constant what it holds, of integers what their type holds.
std::optional<Range> fixed_range(const Graph& graph, const FusedNetwork& network, std::size_t tensor);

/// The integers of the network's constants, whose tensors have their scales.
void add_constants(const FusedNetwork& fused, QuantizedNetwork* network);

/// For every tensor the representative of those that share its scale and zero point.
std::vector<std::size_t> scale_groups(const FusedNetwork& network);

/// For activations of `bits` bits, or of the width that the options give all of them.
Grid activation_grid(const QuantizeOptions& options, int bits);
Grid activation_grid(const QuantizeOptions& options);

QuantizedTensor tensor_of(const FusedTensor& fused, const ScaleAndZero& fitted, const QuantizeOptions& options,
                          int bits);

/// Inputs of the network whose integers nothing reads: they keep scale 1 and zero point 0.
std::vector<int> unread_inputs(const FusedNetwork& network);

/// The nodes of a layer, as QuantizedLayer has them.
std::vector<std::string> node_texts(const FusedLayer& layer);

/// Appends the integers of a layer whose input and output tensors are in `network`, in the scales' form.
void add_quantized_layer(const FusedLayer& fused, const QuantizeOptions& options, QuantizedNetwork* network,
                         QuantizeReport* report);

/// Tensors and layers one by one: each layer's output is calibrated, in float, on inputs that carry the errors of all
/// layers before it, and the layer then runs on integers. Throws InputError where joined tensors must share a scale.
void quantize_layerwise(const Graph& graph, const FusedNetwork& fused, const std::vector<FloatTensor>& images,
                        const QuantizeOptions& options, QuantizedNetwork* network, QuantizeReport* report);

}  // namespace systoliq::sw_ref
