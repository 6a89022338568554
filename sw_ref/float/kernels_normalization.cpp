// SPDX-License-Identifier: Apache-2.0
// Kernels that normalize channels, rows or whole planes (ONNX operators Softmax, LogSoftmax, BatchNormalization,
// InstanceNormalization, GroupNormalization, LayerNormalization, LRN). Statistics are sums in double.
#include <algorithm>
#include <cmath>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Softmax of `count` elements `stride` apart, or its logarithm, with the largest subtracted so that no exponential
/// overflows.
void softmax_row(const float* input, float* output, std::int64_t count, std::int64_t stride, bool logarithm) {
  float largest = input[0];
  for (std::int64_t i = 1; i < count; ++i) largest = std::max(largest, input[i * stride]);
  float sum = 0.0F;
  for (std::int64_t i = 0; i < count; ++i) sum += output[i * stride] = std::exp(input[i * stride] - largest);
  const float log_sum = std::log(sum);
  for (std::int64_t i = 0; i < count; ++i) {
    output[i * stride] = logarithm ? input[i * stride] - largest - log_sum : output[i * stride] / sum;
  }
}

/// (x - mean) / sqrt(variance + epsilon) of `count` elements that follow each other.
void standardize(const float* x, float* y, std::int64_t count, double epsilon) {
  double sum = 0.0, squares = 0.0;
  for (std::int64_t i = 0; i < count; ++i) sum += double{x[i]};
  const double mean = sum / static_cast<double>(count);
  for (std::int64_t i = 0; i < count; ++i) squares += (double{x[i]} - mean) * (double{x[i]} - mean);
  const double factor = 1.0 / std::sqrt(squares / static_cast<double>(count) + epsilon);
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>((double{x[i]} - mean) * factor);
}

double epsilon_of(const KernelRequest& request) { return double{float_attribute(request.view.node, "epsilon", 1e-5F)}; }

/// y = x * factor + offset with one of each for every channel, axis 1.
FloatTensor scaled_channels(const FloatTensor& x, const std::vector<float>& factors,
                            const std::vector<float>& offsets) {
  const AxisLayout layout = axis_layout(x.shape, 1);
  FloatTensor output(x.shape);
  const float* from = x.data.data();
  float* y = output.data.data();
  for (std::int64_t row = 0; row < layout.outer * layout.channels; ++row) {
    const auto channel = static_cast<std::size_t>(row % layout.channels);
    for (std::int64_t i = 0; i < layout.inner; ++i) *y++ = *from++ * factors[channel] + offsets[channel];
  }
  return output;
}

/// Standardizes every `count` elements, then scales the channels.
Kernel standardized_channels(std::int64_t count, double epsilon, std::vector<float> factors,
                             std::vector<float> offsets) {
  return {{0}, [count, epsilon, factors = std::move(factors), offsets = std::move(offsets)](const Operands& operands) {
            FloatTensor standard(operands[0]->shape);
            for (std::int64_t at = 0; at < static_cast<std::int64_t>(standard.data.size()); at += count) {
              standardize(operands[0]->data.data() + at, standard.data.data() + at, count, epsilon);
            }
            return scaled_channels(standard, factors, offsets);
          }};
}

/// A value for every channel from one for every group of them, or from one for every channel.
std::vector<float> for_channels(const std::vector<float>& values, std::int64_t channels) {
  std::vector<float> all;
  const std::size_t each = static_cast<std::size_t>(channels) / values.size();
  for (const float value : values) all.insert(all.end(), each, value);
  return all;
}

}  // namespace

Kernel make_softmax(const KernelRequest& request) {
  const std::size_t axis = softmax_axis(request.view, request.output.size());
  AxisLayout layout = axis_layout(request.output, axis);
  if (request.view.opset < 13) layout = {layout.outer, layout.channels * layout.inner, 1};
  return {{0}, [layout, logarithm = request.view.node.op == "LogSoftmax"](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
              for (std::int64_t inner = 0; inner < layout.inner; ++inner) {
                const std::int64_t first = outer * layout.channels * layout.inner + inner;
                softmax_row(operands[0]->data.data() + first, output.data.data() + first, layout.channels, layout.inner,
                            logarithm);
              }
            }
            return output;
          }};
}

Kernel make_batch_normalization(const KernelRequest& request) {
  const NodeView& view = request.view;
  const double epsilon = epsilon_of(request);
  const std::vector<float>& scale = view.inputs[1]->floats.data;
  const std::vector<float>& bias = view.inputs[2]->floats.data;
  const std::vector<float>& mean = view.inputs[3]->floats.data;
  const std::vector<float>& variance = view.inputs[4]->floats.data;
  std::vector<float> factors(scale.size()), offsets(scale.size());
  for (std::size_t channel = 0; channel < scale.size(); ++channel) {
    const double factor = double{scale[channel]} / std::sqrt(double{variance[channel]} + epsilon);
    factors[channel] = static_cast<float>(factor);
    offsets[channel] = static_cast<float>(bias[channel] - mean[channel] * factor);
  }
  return {{0},
          [factors, offsets](const Operands& operands) { return scaled_channels(*operands[0], factors, offsets); }};
}

Kernel make_instance_normalization(const KernelRequest& request) {
  const std::int64_t plane = axis_layout(request.output, 1).inner;
  return standardized_channels(plane, epsilon_of(request), request.view.inputs[1]->floats.data,
                               request.view.inputs[2]->floats.data);
}

Kernel make_group_normalization(const KernelRequest& request) {
  const AxisLayout layout = axis_layout(request.output, 1);
  const std::int64_t groups = int_attribute(request.view.node, "num_groups", 1);
  return standardized_channels(layout.channels / groups * layout.inner, epsilon_of(request),
                               for_channels(request.view.inputs[1]->floats.data, layout.channels),
                               for_channels(request.view.inputs[2]->floats.data, layout.channels));
}

Kernel make_layer_normalization(const KernelRequest& request) {
  const NodeView& view = request.view;
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", -1), request.output.size());
  const Shape row(request.output.begin() + static_cast<std::ptrdiff_t>(axis), request.output.end());
  const auto spread = [&row](const Value& value) { return moved(value.floats, broadcast_walk(value.shape, row)); };
  const FloatTensor scale = spread(*view.inputs[1]);
  const Value* given = optional_input(view, 2);
  const FloatTensor bias = given == nullptr ? FloatTensor(row) : spread(*given);
  return {{0}, [scale, bias, epsilon = epsilon_of(request)](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            const auto count = static_cast<std::int64_t>(scale.data.size());
            for (std::int64_t at = 0; at < static_cast<std::int64_t>(y.data.size()); at += count) {
              standardize(operands[0]->data.data() + at, y.data.data() + at, count, epsilon);
              for (std::int64_t i = 0; i < count; ++i) {
                float& element = nth(y.data, at + i);
                element = element * nth(scale.data, i) + nth(bias.data, i);
              }
            }
            return y;
          }};
}

/// y = x / (bias + alpha / size * sum of the squares of `size` channels around)^beta.
Kernel make_lrn(const KernelRequest& request) {
  const Node& node = request.view.node;
  const double alpha = double{float_attribute(node, "alpha", 1e-4F)},
               beta = double{float_attribute(node, "beta", 0.75F)};
  const double bias = double{float_attribute(node, "bias", 1.0F)};
  const std::int64_t size = int_attribute(node, "size", 1);
  return {{0}, [=, layout = axis_layout(request.output, 1)](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            const std::int64_t before = (size - 1) / 2, behind = size - 1 - before;
            for (std::int64_t at = 0; at < static_cast<std::int64_t>(y.data.size()); ++at) {
              const std::int64_t channel = at / layout.inner % layout.channels;
              double squares = 0.0;
              for (std::int64_t c = std::max<std::int64_t>(channel - before, 0);
                   c <= std::min(channel + behind, layout.channels - 1); ++c) {
                const double x = double{nth(operands[0]->data, at + (c - channel) * layout.inner)};
                squares += x * x;
              }
              const double divisor = std::pow(bias + alpha / static_cast<double>(size) * squares, beta);
              nth(y.data, at) = static_cast<float>(double{nth(operands[0]->data, at)} / divisor);
            }
            return y;
          }};
}

}  // namespace systoliq::sw_ref
