// SPDX-License-Identifier: Apache-2.0
// Integer convolution, one weight against a shifted plane at a time, and integer matrix products, a row at a time.
#include "sw_ref/float/integer_sums.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

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

/// The sums of one output channel of one image.
Accumulators channel_sums(const IntegerConvolution& layer, const std::int32_t* image, std::int64_t channel) {
  const Shape& x = layer.x;
  const Shape& w = layer.w;
  const auto start = static_cast<std::uint32_t>(layer.bias.empty() ? 0 : nth(layer.bias, channel));
  Accumulators sums(static_cast<std::size_t>(layer.y[2] * layer.y[3]), start);
  const std::int64_t first_input = channel / (layer.y[1] / layer.groups) * w[1];
  const std::int32_t* weight = layer.weights.data() + channel * w[1] * w[2] * w[3];
  for (std::int64_t i = 0; i < w[1]; ++i) {
    const std::int32_t* plane = image + (first_input + i) * x[2] * x[3];
    for (int row = 0; row < layer.window.kernel_height; ++row) {
      for (int column = 0; column < layer.window.kernel_width; ++column) {
        accumulate_tap(plane, x, layer.window, row, column, *weight++, {layer.y[2], layer.y[3]}, sums);
      }
    }
  }
  return sums;
}

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

}  // namespace

FloatTensor IntegerConvolution::run(const std::vector<std::int32_t>& centered, const Finish& finish) const {
  FloatTensor result(y);
  const std::int64_t plane = y[2] * y[3];
  for (std::int64_t image = 0; image < y[0]; ++image) {
    for (std::int64_t channel = 0; channel < y[1]; ++channel) {
      const Accumulators sums = channel_sums(*this, centered.data() + image * x[1] * x[2] * x[3], channel);
      finish(static_cast<std::size_t>(channel), sums, result.data.data() + (image * y[1] + channel) * plane);
    }
  }
  return result;
}

IntegerConvolution integer_convolution(const KernelRequest& request, std::size_t weights) {
  const NodeView& view = request.view;
  IntegerConvolution layer;
  layer.x = with_height(view.inputs[0]->shape);
  layer.w = with_height(view.inputs[weights]->shape);
  layer.y = with_height(request.output);
  layer.window = window_of(view.node, view.inputs[0]->shape, view.inputs[weights]->shape);
  layer.groups = int_attribute(view.node, "group", 1);
  return layer;
}

FloatTensor IntegerProduct::run(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b,
                                const Finish& finish) const {
  FloatTensor result(output);
  const std::int64_t rows = output[output.size() - 2], columns = output.back();
  const std::int64_t matrices = static_cast<std::int64_t>(result.data.size()) / (rows * columns);
  auto next = result.data.begin();
  for (std::int64_t matrix = 0; matrix < matrices; ++matrix) {
    std::int64_t a_matrix = 0, b_matrix = 0, rest = matrix;
    for (std::size_t axis = output.size() - 2; axis-- > 0; rest /= output[axis]) {
      a_matrix += rest % output[axis] * a_steps[axis];
      b_matrix += rest % output[axis] * b_steps[axis];
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int32_t* factors = a.data() + (a_matrix * rows + row) * inner;
      Accumulators sums(static_cast<std::size_t>(columns), 0);
      for (std::int64_t k = 0; k < inner; ++k) {
        const std::int32_t* line = b.data() + (b_matrix * inner + k) * columns;
        for (std::int64_t column = 0; column < columns; ++column) {
          nth(sums, column) += static_cast<std::uint32_t>(factors[k]) * static_cast<std::uint32_t>(line[column]);
        }
      }
      for (std::size_t column = 0; column < sums.size(); ++column) *next++ = finish(column, sums[column]);
    }
  }
  return result;
}

IntegerProduct integer_product(const Shape& a, const Shape& b, const Shape& output) {
  return {batch_steps(a, output.size()), batch_steps(b, output.size()), output, a.back()};
}

}  // namespace systoliq::sw_ref
