// SPDX-License-Identifier: Apache-2.0
// Kernel of ConvTranspose: every input element adds its weights to the outputs under its window.
#include <memory>

#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"

namespace systoliq::sw_ref {
namespace {

struct TransposedConvolution {
  Shape x, w, y;  ///< [n, c, h, w], [c, o / group, kh, kw], [n, o, h, w]
  Window window;
  std::int64_t groups = 1;

  /// Adds weight * input plane, spread by the stride and shifted by one tap, to the output plane.
  void add_tap(const float* input, float weight, int tap_row, int tap_column, float* output) const {
    for (std::int64_t row = 0; row < x[2]; ++row) {
      const std::int64_t to = row * window.stride_height + tap_row * window.dilation_height - window.pad_top;
      if (to < 0 || to >= y[2]) continue;
      for (std::int64_t column = 0; column < x[3]; ++column) {
        const std::int64_t at = column * window.stride_width + tap_column * window.dilation_width - window.pad_left;
        if (at >= 0 && at < y[3]) output[to * y[3] + at] += weight * input[row * x[3] + column];
      }
    }
  }

  void add_channels(const float* input, const float* weight, float* output) const {
    const std::int64_t per_group = x[1] / groups;
    for (std::int64_t c = 0; c < x[1]; ++c) {
      const std::int64_t first = c / per_group * w[1];
      for (std::int64_t o = first; o < first + w[1]; ++o) {
        for (int row = 0; row < window.kernel_height; ++row) {
          for (int column = 0; column < window.kernel_width; ++column) {
            add_tap(input + c * x[2] * x[3], *weight++, row, column, output + o * y[2] * y[3]);
          }
        }
      }
    }
  }

  FloatTensor run(const FloatTensor& input, const FloatTensor& weights, const FloatTensor* bias) const {
    FloatTensor output(y);
    const std::int64_t plane = y[2] * y[3];
    for (std::int64_t at = 0; bias != nullptr && at < static_cast<std::int64_t>(output.data.size()); ++at) {
      output.data[static_cast<std::size_t>(at)] = bias->data[static_cast<std::size_t>(at / plane % y[1])];
    }
    for (std::int64_t image = 0; image < x[0]; ++image) {
      add_channels(input.data.data() + image * x[1] * x[2] * x[3], weights.data.data(),
                   output.data.data() + image * y[1] * plane);
    }
    return output;
  }
};

}  // namespace

Kernel make_convolution_transpose(const KernelRequest& request) {
  const NodeView& view = request.view;
  auto layer = std::make_shared<TransposedConvolution>();
  layer->x = with_height(view.inputs[0]->shape);
  layer->w = with_height(view.inputs[1]->shape);
  layer->y = with_height(request.output);
  layer->window = transposed_window_of(view.node, view.inputs[0]->shape, view.inputs[1]->shape).window;
  layer->groups = int_attribute(view.node, "group", 1);
  std::vector<std::size_t> operands = {0, 1};
  if (optional_input(view, 2) != nullptr) operands.push_back(2);
  return {operands, [layer, shape = request.output](const Operands& given) {
            FloatTensor output = layer->run(*given[0], *given[1], given.size() > 2 ? given[2] : nullptr);
            return FloatTensor(shape, std::move(output.data));
          }};
}

}  // namespace systoliq::sw_ref
