// SPDX-License-Identifier: Apache-2.0
// Kernels of QuantizeLinear, DequantizeLinear and of average pooling between quantized tensors. Integers travel as
// float, which holds them exactly; all sums are integer sums.
#include <algorithm>
#include <cmath>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/integer_operands.h"
#include "sw_ref/frontend/graph/window_geometry.h"

namespace systoliq::sw_ref {
namespace {

/// round_half_even((Sx / Sy) * sum / count) + Zy, saturated: numerator and denominator are exact in double, and
/// remainder() is exact, so that the one rounding is that of the exact quotient.
float exact_average(std::int64_t centered_sum, std::int64_t count, const QuantizationParameters& x,
                    const QuantizationParameters& y) {
  const double numerator = double{x.scales[0]} * static_cast<double>(centered_sum);
  const double denominator = double{y.scales[0]} * static_cast<double>(count);
  const double quotient = (numerator - std::remainder(numerator, denominator)) / denominator;
  const double limited = std::min(std::max(std::nearbyint(quotient), -65536.0), 65536.0);
  return saturated_integer(static_cast<float>(limited), y.zero_points[0], y.type);
}

/// Sum of the centered taps inside the input, and their number, of one window.
std::pair<std::int64_t, std::int64_t> window_sum(const std::int32_t* plane, const Shape& x, const Window& window,
                                                 std::int64_t top, std::int64_t left) {
  std::int64_t sum = 0, count = 0;
  for (std::int64_t row = std::max<std::int64_t>(top, 0); row < std::min(top + window.kernel_height, x[2]); ++row) {
    for (std::int64_t column = std::max<std::int64_t>(left, 0); column < std::min(left + window.kernel_width, x[3]);
         ++column) {
      sum += plane[row * x[3] + column];
      ++count;
    }
  }
  return {sum, count};
}

/// Average over windows; with `include_pad`, taps outside count as the zero point.
Kernel average_kernel(const KernelRequest& request, const Window& window, bool include_pad) {
  const QuantizationParameters x = parameters_of(request.view, 1, 1), y = parameters_of(request.view, 3, 1);
  return {{0}, [window, include_pad, x, y, given = request.output](const Operands& operands) {
            const Shape in = with_height(operands[0]->shape), shape = with_height(given);
            const std::vector<std::int32_t> values = centered(*operands[0], x, whole(*operands[0]));
            FloatTensor output(given);
            auto next = output.data.begin();
            for (std::int64_t plane = 0; plane < in[0] * in[1]; ++plane) {
              for (std::int64_t row = 0; row < shape[2]; ++row) {
                for (std::int64_t column = 0; column < shape[3]; ++column) {
                  const auto [sum, count] = window_sum(values.data() + plane * in[2] * in[3], in, window,
                                                       row * window.stride_height - window.pad_top,
                                                       column * window.stride_width - window.pad_left);
                  const std::int64_t area = std::int64_t{window.kernel_height} * window.kernel_width;
                  *next++ = exact_average(sum, include_pad ? area : count, x, y);
                }
              }
            }
            return output;
          }};
}

}  // namespace

Kernel make_quantize(const KernelRequest& request) {
  const AxisLayout layout = quantization_axis(request.view, request.output);
  const QuantizationParameters parameters = quantize_parameters(request.view, layout);
  return {{0}, [layout, parameters, name = describe(request.view.node)](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            std::size_t next = 0;
            for (std::int64_t row = 0; row < layout.outer * layout.channels; ++row) {
              const auto channel = static_cast<std::size_t>(row % layout.channels);
              const float scale = parameters.scale(channel);
              const std::int32_t zero = parameters.zero_point(channel);
              for (std::int64_t i = 0; i < layout.inner; ++i, ++next) {
                const float value = operands[0]->data[next];
                if (std::isnan(value)) throw InputError(name + ": input holds NaN, which has no integer");
                output.data[next] = quantized_value(value, scale, zero, parameters.type);
              }
            }
            return output;
          }};
}

Kernel make_dequantize(const KernelRequest& request) {
  const AxisLayout layout = quantization_axis(request.view, request.output);
  const QuantizationParameters parameters = parameters_of(request.view, 1, layout.channels);
  return {{0}, [layout, parameters](const Operands& operands) {
            FloatTensor output(operands[0]->shape);
            std::size_t next = 0;
            for (std::int64_t row = 0; row < layout.outer * layout.channels; ++row) {
              const auto channel = static_cast<std::size_t>(row % layout.channels);
              const float scale = parameters.scale(channel);
              const auto zero = static_cast<float>(parameters.zero_point(channel));
              for (std::int64_t i = 0; i < layout.inner; ++i, ++next) {
                output.data[next] = (operands[0]->data[next] - zero) * scale;
              }
            }
            return output;
          }};
}

Kernel make_qlinear_average_pool(const KernelRequest& request) {
  const NodeView& view = request.view;
  return average_kernel(request, window_of(view.node, view.inputs[0]->shape, {}),
                        int_attribute(view.node, "count_include_pad", 0) != 0);
}

Kernel make_qlinear_global_average_pool(const KernelRequest& request) {
  const Shape x = with_height(request.view.inputs[0]->shape);
  Window window;
  window.kernel_height = static_cast<int>(x[2]);
  window.kernel_width = static_cast<int>(x[3]);
  return average_kernel(request, window, false);
}

}  // namespace systoliq::sw_ref
