// SPDX-License-Identifier: Apache-2.0
// Kernels of Quant, Trunc, BipolarQuant, RequantShift, QLinearSoftmax and TopK.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/custom_operators.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/quantization_parameters.h"
#include "sw_ref/frontend/graph/rules.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

float rounded(float x, const std::string& mode) {
  if (mode == "FLOOR") return std::floor(x);
  if (mode == "CEIL") return std::ceil(x);
  return mode == "ROUND_TO_ZERO" ? std::trunc(x) : std::nearbyint(x);
}

FloatTensor spread(const NodeView& view, std::size_t input, const Shape& shape) {
  return moved(view.inputs[input]->floats, broadcast_walk(view.inputs[input]->shape, shape));
}

}  // namespace

/// y = (clamp(round(x / scale + zero)) - zero) * scale.
Kernel make_quant(const KernelRequest& request) {
  return {{0},
          [grid = uniform_grid(request.view), scale = spread(request.view, 1, request.output),
           zero = spread(request.view, 2, request.output)](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            for (std::size_t i = 0; i < y.data.size(); ++i) {
              const float scaled = operands[0]->data[i] / scale.data[i];
              const float integer = std::clamp(rounded(scaled + zero.data[i], grid.rounding), grid.low, grid.high);
              y.data[i] = (integer - zero.data[i]) * scale.data[i];
            }
            return y;
          }};
}

/// y = (round(half even(x / scale + zero) / divisor) - zero) * scale.
Kernel make_trunc(const KernelRequest& request) {
  return {{0},
          [how = truncation(request.view), scale = spread(request.view, 1, request.output),
           zero = spread(request.view, 2, request.output)](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            for (std::size_t i = 0; i < y.data.size(); ++i) {
              const float integer = std::nearbyint(operands[0]->data[i] / scale.data[i] + zero.data[i]);
              y.data[i] = (rounded(integer / how.divisor, how.rounding) - zero.data[i]) * scale.data[i];
            }
            return y;
          }};
}

/// y = scale where x is not negative, else -scale.
Kernel make_bipolar_quant(const KernelRequest& request) {
  return {{0}, [scale = spread(request.view, 1, request.output)](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            for (std::size_t i = 0; i < y.data.size(); ++i) {
              y.data[i] = operands[0]->data[i] >= 0.0F ? scale.data[i] : -scale.data[i];
            }
            return y;
          }};
}

/// y = clamp(floor((x * mul + add) / div + 1/2)): integers that float holds, products in double.
Kernel make_requant_shift(const KernelRequest& request) {
  const NodeView& view = request.view;
  const double div = double{float_attribute(view.node, "div", 1.0F)};
  const double levels = double{requant_levels(view.node)};
  const bool with_sign = float_attribute(view.node, "signed", 0.0F) != 0.0F;
  const double low = with_sign ? -levels / 2.0 : 0.0, high = low + levels - 1.0;
  const AxisLayout layout = request.output.size() > 1 ? axis_layout(request.output, 1) : AxisLayout{};
  return {{0}, [=, mul = view.inputs[1]->floats.data, add = view.inputs[2]->floats.data](const Operands& operands) {
            FloatTensor y(operands[0]->shape);
            for (std::size_t i = 0; i < y.data.size(); ++i) {
              const std::int64_t channel = static_cast<std::int64_t>(i) / layout.inner % layout.channels;
              const double product = double{operands[0]->data[i]} * double{nth(mul, mul.size() == 1 ? 0 : channel)};
              const double sum = product + double{nth(add, add.size() == 1 ? 0 : channel)};
              const double shifted = std::floor(sum / div + 0.5);
              y.data[i] = static_cast<float>(std::clamp(shifted, low, high));
            }
            return y;
          }};
}

Kernel make_qlinear_softmax(const KernelRequest& request) {
  const NodeView& view = request.view;
  const ElementType type = view.inputs[0]->type;
  const QuantizationParameters x = quantization_parameters(view, 1, 2, "X", 1, type);
  const QuantizationParameters y = quantization_parameters(view, 3, 4, "Y", 1, type);
  Node node;
  node.attributes["axis"] = int_attribute(view.node, "axis", -1);
  const NodeView softmax{node, {}, int_attribute(view.node, "opset", view.opset)};
  return {{0}, [x, y, run = make_softmax({softmax, {}, request.output}).run](const Operands& operands) {
            FloatTensor real = *operands[0];
            for (float& element : real.data) element = (element - static_cast<float>(x.zero_points[0])) * x.scales[0];
            FloatTensor result = run({&real});
            for (float& element : result.data) {
              element = quantized_value(element, y.scales[0], y.zero_points[0], y.type);
            }
            return result;
          }};
}

/// The first of equal elements comes first.
Kernel make_top_k(const KernelRequest& request) {
  const NodeView& view = request.view;
  const Shape& x = view.inputs[0]->shape;
  const std::size_t axis = normalized_axis(view.node, int_attribute(view.node, "axis", -1), x.size());
  const bool largest = int_attribute(view.node, "largest", 1) != 0, values = output_index(view.node) == 0;
  return {{0}, [axis, largest, values, shape = request.output](const Operands& operands) {
            const AxisLayout layout = axis_layout(operands[0]->shape, axis);
            FloatTensor y(shape);
            std::vector<std::int64_t> order(static_cast<std::size_t>(layout.channels));
            for (std::int64_t row = 0; row < layout.outer * layout.inner; ++row) {
              const std::int64_t outer = row / layout.inner, inner = row % layout.inner;
              const float* from = operands[0]->data.data() + outer * layout.channels * layout.inner + inner;
              std::iota(order.begin(), order.end(), std::int64_t{0});
              std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
                const float left = from[a * layout.inner], right = from[b * layout.inner];
                return largest ? left > right : left < right;
              });
              for (std::int64_t k = 0; k < shape[axis]; ++k) {
                const std::int64_t at = nth(order, k);
                nth(y.data, (outer * shape[axis] + k) * layout.inner + inner) =
                    values ? from[at * layout.inner] : static_cast<float>(at);
              }
            }
            return y;
          }};
}

}  // namespace systoliq::sw_ref
