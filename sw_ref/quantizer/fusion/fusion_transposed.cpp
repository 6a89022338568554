// SPDX-License-Identifier: Apache-2.0
// ConvTranspose: weights come by input channel and leave by output channel, as those of all layers.
#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Scales of weights [c, o / groups, kh, kw], one for all or one for each output channel.
std::vector<float> output_scales(const Node& node, const Constant& given, std::int64_t groups) {
  if (given.scales.size() < 2) return given.scales;
  const Shape& shape = given.values.shape;
  const std::int64_t outputs = groups * shape[1];
  const bool by_group = given.axis == 0 && shape[1] == 1 && shape[0] == groups;
  if (given.axis != 1 && !by_group) {
    refuse(node, "weights '" + given.name +
                     "' have a scale per input channel; accepted: one scale, or one per output "
                     "channel of a group");
  }
  std::vector<float> scales;
  for (std::int64_t o = 0; o < outputs; ++o) scales.push_back(nth(given.scales, by_group ? o : o % shape[1]));
  return scales;
}

/// [o, c / groups, kh, kw] of [c, o / groups, kh, kw] in that many groups.
Constant output_major_weights(const Node& node, const Constant& given, std::int64_t groups) {
  const Shape shape = with_height(given.values.shape);
  const std::int64_t inputs = shape[0] / groups, outputs = shape[1], taps = shape[2] * shape[3];
  Constant weights = given;
  weights.scales = output_scales(node, given, groups);
  weights.axis = 0;
  weights.values.shape = {groups * outputs, inputs, shape[2], shape[3]};
  for (std::int64_t i = 0; i < groups * outputs * inputs * taps; ++i) {
    const std::int64_t o = i / taps / inputs, c = o / outputs * inputs + i / taps % inputs;
    nth(weights.values.data, i) = nth(given.values.data, (c * outputs + o % outputs) * taps + i % taps);
  }
  return weights;
}

}  // namespace

void Lowering::lower_transposed_convolution(const Node& node) {
  const Shape shape = image_shape(node, 0);
  const int tensor = image_of(node, 0);
  const Constant& weights = constant_of(node, 1, "weights");
  const std::int64_t groups = int_attribute(node, "group", 1);
  const Shape& given = weights.values.shape;
  if (given.size() != shape.size() || groups < 1 || given[0] != shape[1] || given[0] % groups != 0) {
    refuse(node, "weights '" + weights.name + "' of shape " + to_string(given) + " in " + std::to_string(groups) +
                     " groups do not fit an input of " + to_string(shape));
  }
  const Window window = transposed_window_of(node, shape, given).window;
  const Shape output = with_height(shape_of(node.outputs.at(0)));
  FusedLayer& layer = add_layer(node, LayerOp::kConvTranspose, {tensor}, output);
  layer.window = window;
  layer.groups = static_cast<int>(groups);
  layer.weights = output_major_weights(node, weights, groups);
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    layer.bias = channel_bias(node, constant_of(node, 2, "bias"), row_major_axes({1, output[1]}), {1, output[1], 1, 1});
  }
}

}  // namespace systoliq::sw_ref
