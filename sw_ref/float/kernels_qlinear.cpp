// SPDX-License-Identifier: Apache-2.0
// Kernels of QLinearConv and QLinearMatMul with ONNX Runtime's integers:
//   y = sat(round_half_even(fl(fl(acc) * fl(fl(Sx * Sw) / Sy))) + Zy), acc = sum (x - Zx)(w - Zw) + bias in int32;
// and of ConvInteger and MatMulInteger, which yield acc. A float holds acc rounded, as a Cast to FLOAT would.
#include <algorithm>

#include "sw_ref/float/integer_sums.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/elementwise.h"
#include "sw_ref/frontend/graph/integer_operands.h"

namespace systoliq::sw_ref {
namespace {

float requantized(std::uint32_t accumulator, float factor, const QuantizationParameters& y) {
  const auto value = static_cast<float>(signed_sum(accumulator));
  return saturated_integer(value * factor, y.zero_points[0], y.type);
}

/// fl(fl(Sx * Sw) / Sy).
float requantization_factor(float scale_x, float scale_w, float scale_y) {
  const float product = scale_x * scale_w;
  return product / scale_y;
}

/// Zero points of an operand without scales: a constant input, or none.
QuantizationParameters zero_points_only(const NodeView& view, std::size_t index) {
  QuantizationParameters parameters;
  parameters.zero_points = {0};
  const Value* zero = optional_input(view, index);
  if (zero != nullptr && zero->is_constant) {
    parameters.zero_points.assign(zero->integers.data.begin(), zero->integers.data.end());
  }
  return parameters;
}

bool at_run_time(const NodeView& view, std::size_t index) {
  const Value* value = optional_input(view, index);
  return value != nullptr && !value->is_constant;
}

/// The matrix as it is, or transposed where the attribute says so.
Movement transposed_or_whole(const NodeView& view, const char* attribute, const Shape& shape) {
  const Movement walk = whole_walk(shape);
  return int_attribute(view.node, attribute, 0) != 0 ? permuted_walk(walk, {1, 0}, {shape[1], shape[0]}) : walk;
}

/// x minus a zero point that is known at run time alone.
std::vector<std::int32_t> centered_by(const FloatTensor& x, const FloatTensor& zero) {
  QuantizationParameters parameters;
  parameters.zero_points = {static_cast<std::int32_t>(zero.data[0])};
  return centered(x, parameters, whole(x));
}

}  // namespace

Kernel make_qlinear_convolution(const KernelRequest& request) {
  const NodeView& view = request.view;
  IntegerConvolution layer = integer_convolution(request, 3);
  const QuantizationParameters x = parameters_of(view, 1, 1), y = parameters_of(view, 6, 1);
  const QuantizationParameters w = parameters_of(view, 4, layer.w[0]);
  layer.weights = centered(as_floats(*view.inputs[3]), w, axis_layout(layer.w, 0));
  if (const Value* bias = optional_input(view, 8)) {
    for (const std::int64_t value : bias->integers.data) layer.bias.push_back(static_cast<std::int32_t>(value));
  }
  return {{0}, [layer, x, w, y, shape = request.output](const Operands& operands) {
            const auto finish = [&](std::size_t channel, const Accumulators& sums, float* target) {
              const float factor = requantization_factor(x.scales[0], w.scale(channel), y.scales[0]);
              std::transform(sums.begin(), sums.end(), target,
                             [&](std::uint32_t sum) { return requantized(sum, factor, y); });
            };
            FloatTensor result = layer.run(centered(*operands[0], x, whole(*operands[0])), finish);
            return FloatTensor(shape, std::move(result.data));
          }};
}

Kernel make_qlinear_matmul(const KernelRequest& request) {
  const NodeView& view = request.view;
  const IntegerProduct product = integer_product(view.inputs[0]->shape, view.inputs[3]->shape, request.output);
  const QuantizationParameters a = parameters_of(view, 1, 1), y = parameters_of(view, 6, 1);
  const QuantizationParameters b = parameters_of(view, 4, request.output.back());
  return {{0, 3}, [product, a, b, y](const Operands& operands) {
            const FloatTensor& right = *operands[1];
            return product.run(centered(*operands[0], a, whole(*operands[0])),
                               centered(right, b, axis_layout(right.shape, right.shape.size() - 1)),
                               [&](std::size_t column, std::uint32_t sum) {
                                 const float factor = requantization_factor(a.scales[0], b.scale(column), y.scales[0]);
                                 return requantized(sum, factor, y);
                               });
          }};
}

Kernel make_convolution_integer(const KernelRequest& request) {
  const NodeView& view = request.view;
  if (at_run_time(view, 3)) refuse(view.node, "zero point of w is computed at run time; accepted: a constant");
  IntegerConvolution layer = integer_convolution(request, 1);
  layer.weights = centered(as_floats(*view.inputs[1]), zero_points_only(view, 3), axis_layout(layer.w, 0));
  std::vector<std::size_t> operands = {0};
  if (at_run_time(view, 2)) operands.push_back(2);
  return {operands, [layer, x = zero_points_only(view, 2), shape = request.output](const Operands& given) {
            const auto finish = [](std::size_t, const Accumulators& sums, float* target) {
              std::transform(sums.begin(), sums.end(), target,
                             [](std::uint32_t sum) { return static_cast<float>(signed_sum(sum)); });
            };
            FloatTensor result = layer.run(
                given.size() > 1 ? centered_by(*given[0], *given[1]) : centered(*given[0], x, whole(*given[0])),
                finish);
            return FloatTensor(shape, std::move(result.data));
          }};
}

Kernel make_matmul_integer(const KernelRequest& request) {
  const NodeView& view = request.view;
  if (at_run_time(view, 3)) refuse(view.node, "zero point of B is computed at run time; accepted: a constant");
  const IntegerProduct product = integer_product(view.inputs[0]->shape, view.inputs[1]->shape, request.output);
  std::vector<std::size_t> operands = {0, 1};
  if (at_run_time(view, 2)) operands.push_back(2);
  return {operands, [product, a = zero_points_only(view, 2), b = zero_points_only(view, 3)](const Operands& given) {
            const FloatTensor& right = *given[1];
            return product.run(
                given.size() > 2 ? centered_by(*given[0], *given[2]) : centered(*given[0], a, whole(*given[0])),
                centered(right, b, axis_layout(right.shape, right.shape.size() - 1)),
                [](std::size_t, std::uint32_t sum) { return static_cast<float>(signed_sum(sum)); });
          }};
}

/// Without a scale of Y the product stays a real number, else y = round(product / Sy) + Zy.
Kernel make_qgemm(const KernelRequest& request) {
  const NodeView& view = request.view;
  const Movement a_walk = transposed_or_whole(view, "transA", view.inputs[0]->shape);
  const Movement b_walk = transposed_or_whole(view, "transB", view.inputs[3]->shape);
  const IntegerProduct product = integer_product(a_walk.shape, b_walk.shape, request.output);
  const QuantizationParameters a = parameters_of(view, 1, 1), b = parameters_of(view, 4, request.output[1]);
  const bool quantized = optional_input(view, 7) != nullptr;
  const QuantizationParameters y = quantized ? parameters_of(view, 7, 1) : QuantizationParameters{};
  const float alpha = float_attribute(view.node, "alpha", 1.0F);
  std::vector<std::size_t> operands = {0, 3};
  if (optional_input(view, 6) != nullptr) operands.push_back(6);
  return {operands, [=](const Operands& given) {
            const FloatTensor left = moved(*given[0], a_walk), right = moved(*given[1], b_walk);
            FloatTensor sums =
                product.run(centered(left, a, whole(left)), centered(right, b, axis_layout(right.shape, 1)),
                            [](std::size_t, std::uint32_t sum) { return static_cast<float>(signed_sum(sum)); });
            if (given.size() > 2) {
              sums = combined<float>(sums, *given[2], sums.shape, [](float sum, float c) { return sum + c; });
            }
            for (std::size_t i = 0; i < sums.data.size(); ++i) {
              const float scale = alpha * (a.scales[0] * b.scale(i % static_cast<std::size_t>(sums.shape[1])));
              sums.data[i] = quantized
                                 ? saturated_integer(sums.data[i] * (scale / y.scales[0]), y.zero_points[0], y.type)
                                 : sums.data[i] * scale;
            }
            return sums;
          }};
}

}  // namespace systoliq::sw_ref
