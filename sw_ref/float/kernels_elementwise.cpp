// SPDX-License-Identifier: Apache-2.0
// Kernels that compute each element, channel or row on its own.
#include <algorithm>
#include <cmath>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

template <typename Function>
Kernel unary(Function function) {
  return {{0}, [function](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            std::transform(operands[0]->data.begin(), operands[0]->data.end(), output.data.begin(), function);
            return output;
          }};
}

/// Softmax of `count` elements `stride` apart, with the largest subtracted so that no exponential overflows.
void softmax_row(const float* input, float* output, std::int64_t count, std::int64_t stride) {
  float largest = input[0];
  for (std::int64_t i = 1; i < count; ++i) largest = std::max(largest, input[i * stride]);
  float sum = 0.0F;
  for (std::int64_t i = 0; i < count; ++i) sum += output[i * stride] = std::exp(input[i * stride] - largest);
  for (std::int64_t i = 0; i < count; ++i) output[i * stride] /= sum;
}

/// For each axis of `output`, the distance in `input` of neighbors along it: 0 where `input` is repeated.
Shape broadcast_strides(const Shape& input, const Shape& output) {
  const Shape strides = row_major_strides(input);
  Shape result(output.size(), 0);
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i] != 1) result[output.size() - input.size() + i] = strides[i];
  }
  return result;
}

void add_broadcast(const FloatTensor& a, const FloatTensor& b, FloatTensor& output) {
  const Shape a_strides = broadcast_strides(a.shape, output.shape),
              b_strides = broadcast_strides(b.shape, output.shape);
  Shape index(output.shape.size(), 0);
  std::int64_t a_at = 0, b_at = 0;
  for (float& element : output.data) {
    element = nth(a.data, a_at) + nth(b.data, b_at);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      a_at += a_strides[axis];
      b_at += b_strides[axis];
      if (++index[axis] < output.shape[axis]) break;
      a_at -= a_strides[axis] * output.shape[axis];
      b_at -= b_strides[axis] * output.shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

Kernel make_relu(const KernelRequest&) {
  return unary([](float x) { return x < 0.0F ? 0.0F : x; });
}

Kernel make_sigmoid(const KernelRequest&) {
  return unary([](float x) { return 1.0F / (1.0F + std::exp(-x)); });
}

Kernel make_tanh(const KernelRequest&) {
  return unary([](float x) { return std::tanh(x); });
}

Kernel make_clip(const KernelRequest& request) {
  const ClipLimits limits = clip_limits(request.view);
  return unary([limits](float x) { return std::min(std::max(x, limits.low), limits.high); });
}

Kernel make_softmax(const KernelRequest& request) {
  const std::size_t axis = softmax_axis(request.view, request.output.size());
  AxisLayout layout = axis_layout(request.output, axis);
  if (request.view.opset < 13) layout = {layout.outer, layout.channels * layout.inner, 1};
  return {{0}, [layout](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
              for (std::int64_t inner = 0; inner < layout.inner; ++inner) {
                const std::int64_t first = outer * layout.channels * layout.inner + inner;
                softmax_row(operands[0]->data.data() + first, output.data.data() + first, layout.channels,
                            layout.inner);
              }
            }
            return output;
          }};
}

Kernel make_batch_normalization(const KernelRequest& request) {
  const NodeView& view = request.view;
  const float epsilon = float_attribute(view.node, "epsilon", 1e-5F);
  const std::vector<float>& scale = view.inputs[1]->floats.data;
  const std::vector<float>& bias = view.inputs[2]->floats.data;
  const std::vector<float>& mean = view.inputs[3]->floats.data;
  const std::vector<float>& variance = view.inputs[4]->floats.data;
  std::vector<float> factors(scale.size()), offsets(scale.size());
  for (std::size_t channel = 0; channel < scale.size(); ++channel) {
    const double factor = double{scale[channel]} / std::sqrt(double{variance[channel]} + double{epsilon});
    factors[channel] = static_cast<float>(factor);
    offsets[channel] = static_cast<float>(bias[channel] - mean[channel] * factor);
  }
  const AxisLayout layout = axis_layout(request.output, 1);
  return {{0}, [layout, factors, offsets](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            const float* x = operands[0]->data.data();
            float* y = output.data.data();
            for (std::int64_t row = 0; row < layout.outer * layout.channels; ++row) {
              const auto channel = static_cast<std::size_t>(row % layout.channels);
              for (std::int64_t i = 0; i < layout.inner; ++i) *y++ = *x++ * factors[channel] + offsets[channel];
            }
            return output;
          }};
}

Kernel make_add(const KernelRequest& request) {
  return {{0, 1}, [shape = request.output](const Operands& operands) {
            FloatTensor output(shape);
            if (operands[0]->shape == operands[1]->shape) {
              std::transform(operands[0]->data.begin(), operands[0]->data.end(), operands[1]->data.begin(),
                             output.data.begin(), std::plus<float>());
            } else {
              add_broadcast(*operands[0], *operands[1], output);
            }
            return output;
          }};
}

Kernel make_global_average_pool(const KernelRequest& request) {
  return {{0}, [shape = request.output](const Operands& operands) {
            FloatTensor output(shape);
            const std::size_t area = operands[0]->data.size() / output.data.size();
            const float* x = operands[0]->data.data();
            for (float& mean : output.data) {
              double sum = 0.0;
              for (std::size_t i = 0; i < area; ++i) sum += double{*x++};
              mean = static_cast<float>(sum / static_cast<double>(area));
            }
            return output;
          }};
}

}  // namespace systoliq::sw_ref
