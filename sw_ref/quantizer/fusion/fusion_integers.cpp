// SPDX-License-Identifier: Apache-2.0
// Factors and shifts in float between integers: a normalization behind a convolution or alone, and a factor behind an
// average. They become scales of weights, which are floats, so that only shifts are rounded, and those later.
#include <cmath>

#include "sw_ref/quantizer/fusion/fusion.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// The mirrored integers of a channel's weights, for a factor below 0.
void mirror(const Node& node, Constant* weights, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    double& weight = weights->values.data[i];
    weight = -weight;
    if (weights->zero_point == 0 && weight < 128.0) continue;
    refuse(node, "has a negative factor behind weights '" + weights->name +
                     "' of -128 or with a zero point; accepted: positive factors, or symmetric weights");
  }
}

/// A bias's real number.
double real_value(const Constant& bias, std::size_t c) {
  if (!bias.is_quantized()) return bias.values.data[c];
  return (bias.values.data[c] - bias.zero_point) * double{bias.scales[bias.scales.size() == 1 ? 0 : c]};
}

}  // namespace

/// y = factor · (w · x + b) + shift of a convolution with integer weights: their scales take the factor, and the bias
/// is real, until its scale is known.
void Lowering::fold_into_integers(const Node& node, const Affine& affine, FusedLayer* layer) {
  Constant& weights = layer->weights;
  const std::size_t channels = affine.factor.size();
  const std::size_t filter = weights.values.data.size() / channels;
  if (!weights.is_quantized() || (weights.scales.size() > 1 && weights.axis != 0)) {
    refuse(node, "is behind weights '" + weights.name + "' that are no integers, or have a scale per input channel; " +
                     "accepted: DequantizeLinear of a constant, with one scale or one per output channel");
  }
  std::vector<float> scales;
  std::vector<double> shifts;
  for (std::size_t c = 0; c < channels; ++c) {
    const double given = double{weights.scales[weights.scales.size() == 1 ? 0 : c]};
    const auto scale = static_cast<float>(given * std::abs(affine.factor[c]));
    if (!std::isnormal(scale)) {
      refuse(node, "makes " + number_text(scale) + " of the weights' scale in channel " + std::to_string(c) +
                       "; accepted: factors that leave normal floats");
    }
    scales.push_back(scale);
    if (affine.factor[c] < 0.0) mirror(node, &weights, c * filter, (c + 1) * filter);
    const double before = layer->bias.values.data.empty() ? 0.0 : real_value(layer->bias, c);
    shifts.push_back(before * affine.factor[c] + affine.shift[c]);
  }
  weights.scales = std::move(scales);
  weights.axis = 0;
  layer->bias = Constant();
  layer->bias.name = node.name + ".shift";
  layer->bias.values = Tensor<double>({static_cast<std::int64_t>(channels)}, std::move(shifts));
  rename_output(*layer, node.outputs.at(0));
}

/// factor · average, where nothing quantizes the average itself: a depthwise convolution with weights of 1, whose scale
/// is factor / elements. False where it is something else.
bool Lowering::fold_into_average(const Node& node, std::size_t constant) {
  if (!input_.quantized || (node.op != "Mul" && (node.op != "Div" || constant == 0))) return false;
  FusedLayer* layer = open_layer(node.inputs.at(1 - constant));
  const Constant& given = constant_of(node, constant, "operand");
  if (layer == nullptr || layer->op != LayerOp::kAveragePool || given.is_quantized()) return false;
  const Window& w = layer->window;
  const bool pads = w.pad_top + w.pad_left + w.pad_bottom + w.pad_right != 0;
  const bool clamps = std::isfinite(layer->clamp_low) || std::isfinite(layer->clamp_high);
  if (given.values.data.size() != 1 || clamps || (pads && !layer->count_include_pad)) return false;
  const double value = given.values.data[0];
  const double elements = static_cast<double>(w.kernel_height) * w.kernel_width;
  const auto scale = static_cast<float>((node.op == "Div" ? 1.0 / value : value) / elements);
  if (!std::isnormal(scale) || scale < 0.0F) return false;
  const std::int64_t channels = nth(network_.tensors, layer->output).shape[1];
  layer->op = LayerOp::kConvolution;
  layer->groups = static_cast<int>(channels);
  layer->count_include_pad = false;
  layer->weights.name = given.name;
  layer->weights.type = ElementType::kInt8;
  layer->weights.values = Tensor<double>({channels, 1, w.kernel_height, w.kernel_width}, 1.0);
  layer->weights.scales = {scale};
  rename_output(*layer, node.outputs.at(0));
  return true;
}

}  // namespace systoliq::sw_ref
