// SPDX-License-Identifier: Apache-2.0
// Kernels of QLinearConv and QLinearMatMul with ONNX Runtime's integers:
//   y = sat(round_half_even(fl(fl(acc) * fl(fl(Sx * Sw) / Sy))) + Zy), acc = sum (x - Zx)(w - Zw) + bias in int32.
#include <algorithm>
#include <memory>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/integer_operands.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// int32 accumulators, kept unsigned because they wrap as int32 hardware does.
using Accumulators = std::vector<std::uint32_t>;

float requantized(std::uint32_t accumulator, float factor, const QuantizationParameters& y) {
  const auto value = static_cast<float>(static_cast<std::int32_t>(accumulator));
  return saturated_integer(value * factor, y.zero_points[0], y.type);
}

/// fl(fl(Sx * Sw) / Sy).
float requantization_factor(float scale_x, float scale_w, float scale_y) {
  const float product = scale_x * scale_w;
  return product / scale_y;
}

/// Outputs along one axis whose tap lies inside the input: first and one past the last.
std::pair<std::int64_t, std::int64_t> inside(std::int64_t outputs, std::int64_t offset, std::int64_t stride,
                                             std::int64_t size) {
  const std::int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0;
  const std::int64_t last = size - 1 - offset < 0 ? 0 : (size - 1 - offset) / stride + 1;
  return {first, std::min(outputs, last)};
}

/// Adds weight * input plane, shifted by one tap, to the plane of accumulators.
void accumulate_tap(const std::int32_t* x, const Shape& x_shape, const Window& window, int tap_row, int tap_column,
                    std::int32_t weight, const Shape& positions, Accumulators& accumulators) {
  const std::int64_t row_offset = tap_row * window.dilation_height - window.pad_top;
  const std::int64_t column_offset = tap_column * window.dilation_width - window.pad_left;
  const auto [first_row, end_row] = inside(positions[0], row_offset, window.stride_height, x_shape[2]);
  const auto [first, end] = inside(positions[1], column_offset, window.stride_width, x_shape[3]);
  const std::int64_t step = window.stride_width;
  const auto factor = static_cast<std::uint32_t>(weight);
  for (std::int64_t row = first_row; row < end_row; ++row) {
    const std::int32_t* line = x + (row * window.stride_height + row_offset) * x_shape[3] + column_offset;
    std::uint32_t* sums = accumulators.data() + row * positions[1];
    for (std::int64_t column = first; column < end; ++column) {
      sums[column] += factor * static_cast<std::uint32_t>(line[column * step]);
    }
  }
}

struct QLinearConvolution {
  Shape x_shape, w_shape, output;
  Window window;
  std::int64_t groups = 1;
  QuantizationParameters x, w, y;
  std::vector<std::int32_t> weights, bias;

  FloatTensor run(const FloatTensor& input) const {
    const std::vector<std::int32_t> values = centered(input, x, whole(input));
    FloatTensor result(output);
    const std::int64_t plane = output[2] * output[3];
    for (std::int64_t image = 0; image < output[0]; ++image) {
      for (std::int64_t channel = 0; channel < output[1]; ++channel) {
        const Accumulators sums = accumulate(values.data() + image * x_shape[1] * x_shape[2] * x_shape[3], channel);
        const auto c = static_cast<std::size_t>(channel);
        const float factor = requantization_factor(x.scales[0], w.scale(c), y.scales[0]);
        float* target = result.data.data() + (image * output[1] + channel) * plane;
        std::transform(sums.begin(), sums.end(), target,
                       [&](std::uint32_t sum) { return requantized(sum, factor, y); });
      }
    }
    return result;
  }

  Accumulators accumulate(const std::int32_t* image, std::int64_t channel) const {
    const auto start = static_cast<std::uint32_t>(bias.empty() ? 0 : nth(bias, channel));
    Accumulators sums(static_cast<std::size_t>(output[2] * output[3]), start);
    const std::int64_t first_input = channel / (output[1] / groups) * w_shape[1];
    const std::int32_t* weight = weights.data() + channel * w_shape[1] * w_shape[2] * w_shape[3];
    for (std::int64_t i = 0; i < w_shape[1]; ++i) {
      const std::int32_t* plane = image + (first_input + i) * x_shape[2] * x_shape[3];
      for (int row = 0; row < window.kernel_height; ++row) {
        for (int column = 0; column < window.kernel_width; ++column) {
          accumulate_tap(plane, x_shape, window, row, column, *weight++, {output[2], output[3]}, sums);
        }
      }
    }
    return sums;
  }
};

/// Distance, in matrices, of neighbors along each batch axis of the product: 0 where the factor is repeated.
Shape batch_steps(const Shape& factor, std::size_t rank) {
  Shape steps(rank - 2, 0);
  std::int64_t step = 1;
  for (std::size_t i = 2; i < factor.size(); ++i) {  // from the last batch axis
    const std::int64_t size = factor[factor.size() - 1 - i];
    if (size != 1) steps[rank - 1 - i] = step;
    step *= size;
  }
  return steps;
}

struct QLinearMatMul {
  Shape a_steps, b_steps, output;
  std::int64_t inner = 0;
  QuantizationParameters a, b, y;

  FloatTensor run(const FloatTensor& left, const FloatTensor& right) const {
    const std::vector<std::int32_t> a_values = centered(left, a, whole(left));
    const std::vector<std::int32_t> b_values = centered(right, b, axis_layout(right.shape, right.shape.size() - 1));
    FloatTensor result(output);
    const std::int64_t rows = output[output.size() - 2], columns = output.back();
    const std::int64_t matrices = static_cast<std::int64_t>(result.data.size()) / (rows * columns);
    for (std::int64_t matrix = 0; matrix < matrices; ++matrix) {
      std::int64_t a_matrix = 0, b_matrix = 0, rest = matrix;
      for (std::size_t axis = output.size() - 2; axis-- > 0; rest /= output[axis]) {
        a_matrix += rest % output[axis] * a_steps[axis];
        b_matrix += rest % output[axis] * b_steps[axis];
      }
      for (std::int64_t row = 0; row < rows; ++row) {
        multiply_row(a_values.data() + (a_matrix * rows + row) * inner, b_values.data() + b_matrix * inner * columns,
                     result.data.data() + (matrix * rows + row) * columns);
      }
    }
    return result;
  }

  void multiply_row(const std::int32_t* a_row, const std::int32_t* b_matrix, float* y_row) const {
    const auto columns = static_cast<std::size_t>(output.back());
    Accumulators sums(columns, 0);
    for (std::int64_t k = 0; k < inner; ++k) {
      const auto factor = static_cast<std::uint32_t>(a_row[k]);
      const std::int32_t* line = b_matrix + k * output.back();
      for (std::size_t column = 0; column < columns; ++column) {
        sums[column] += factor * static_cast<std::uint32_t>(line[column]);
      }
    }
    for (std::size_t column = 0; column < columns; ++column) {
      const float factor = requantization_factor(a.scales[0], b.scale(column), y.scales[0]);
      y_row[column] = requantized(sums[column], factor, y);
    }
  }
};

}  // namespace

Kernel make_qlinear_convolution(const KernelRequest& request) {
  const NodeView& view = request.view;
  auto layer = std::make_shared<QLinearConvolution>();
  layer->x_shape = view.inputs[0]->shape;
  layer->w_shape = view.inputs[3]->shape;
  layer->output = request.output;
  layer->window = window_of(view.node, layer->x_shape, layer->w_shape);
  layer->groups = int_attribute(view.node, "group", 1);
  layer->x = parameters_of(view, 1, 1);
  layer->w = parameters_of(view, 4, layer->w_shape[0]);
  layer->y = parameters_of(view, 6, 1);
  layer->weights = centered(as_floats(*view.inputs[3]), layer->w, axis_layout(layer->w_shape, 0));
  if (const Value* bias = optional_input(view, 8)) {
    for (const std::int64_t value : bias->integers.data) layer->bias.push_back(static_cast<std::int32_t>(value));
  }
  return {{0}, [layer](const Operands& operands) { return layer->run(*operands[0]); }};
}

Kernel make_qlinear_matmul(const KernelRequest& request) {
  const NodeView& view = request.view;
  auto product = std::make_shared<QLinearMatMul>();
  const std::size_t rank = request.output.size();
  product->a_steps = batch_steps(view.inputs[0]->shape, rank);
  product->b_steps = batch_steps(view.inputs[3]->shape, rank);
  product->inner = view.inputs[0]->shape.back();
  product->output = request.output;
  product->a = parameters_of(view, 1, 1);
  product->b = parameters_of(view, 4, request.output.back());
  product->y = parameters_of(view, 6, 1);
  return {{0, 3}, [product](const Operands& operands) { return product->run(*operands[0], *operands[1]); }};
}

}  // namespace systoliq::sw_ref
