// SPDX-License-Identifier: Apache-2.0
// Enumerates the packings that fit the lanes.
#include "model/compiler/kernel_tap_packing.h"

#include <algorithm>
#include <numeric>

namespace systoliq::model {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Distance of packed words in pixels: the finest that all outputs and groups of taps need.
int step_of(std::int64_t outputs, std::int64_t groups, int stride, int group_distance) {
  if (groups == 1) return outputs == 1 ? 1 : stride;
  return outputs == 1 ? group_distance : std::gcd(stride, group_distance);
}

PackedGeometry geometry_of(const Window& w, KernelTapPacking packing, int channels, const Shape& output) {
  PackedGeometry geometry;
  geometry.packing = packing;
  geometry.lanes = packing.kernel_rows * packing.kernel_columns * channels;
  Window& p = geometry.window;
  p.kernel_height = static_cast<int>(ceil_divide(w.kernel_height, packing.kernel_rows));
  p.kernel_width = static_cast<int>(ceil_divide(w.kernel_width, packing.kernel_columns));
  const int row_distance = packing.kernel_rows * w.dilation_height;
  const int column_distance = packing.kernel_columns * w.dilation_width;
  geometry.row_step = step_of(output[2], p.kernel_height, w.stride_height, row_distance);
  geometry.column_step = step_of(output[3], p.kernel_width, w.stride_width, column_distance);
  p.stride_height = std::max(1, w.stride_height / geometry.row_step);
  p.stride_width = std::max(1, w.stride_width / geometry.column_step);
  p.dilation_height = std::max(1, row_distance / geometry.row_step);
  p.dilation_width = std::max(1, column_distance / geometry.column_step);
  return geometry;
}

double estimated_cycles(const PackedGeometry& geometry, const Shape& output, std::int64_t column_blocks) {
  const Window& p = geometry.window;
  const std::int64_t passes = std::int64_t{p.kernel_height} * p.kernel_width;
  const std::int64_t stream = passes * std::max<std::int64_t>(output[2] * output[3], geometry.lanes) * column_blocks;
  const std::int64_t rows =
      (output[2] - 1) * p.stride_height + (p.kernel_height - 1) * std::int64_t{p.dilation_height} + 1;
  const std::int64_t columns =
      (output[3] - 1) * p.stride_width + (p.kernel_width - 1) * std::int64_t{p.dilation_width} + 1;
  const std::int64_t load = geometry.packing.kernel_rows * rows * columns;
  return static_cast<double>(std::max(stream, load)) + 0.25 * static_cast<double>(std::min(stream, load));
}

}  // namespace

PackedGeometry choose_packing(const Convolution& convolution, int input_channels, const Shape& output,
                              const AcceleratorConfig& config) {
  const Window& w = convolution.window;
  const int rows = config.array.rows;
  const std::int64_t column_blocks = ceil_divide(convolution.channels, config.array.cols);
  const std::int64_t plain = std::int64_t{w.kernel_height} * w.kernel_width * ceil_divide(input_channels, rows);
  PackedGeometry best;
  double best_cycles = 0.0;
  // A group of taps that the kernel does not fill leaves lanes over, which must meet a weight of operand 0.
  const auto& zeros = convolution.zeros;
  const bool has_zeros = std::count(zeros.begin(), zeros.end(), kNoZero) == 0;
  for (int g = 1; g <= w.kernel_height; ++g) {
    for (int t = 1; t <= (w.dilation_width == 1 ? w.kernel_width : 1); ++t) {
      if (std::int64_t{g} * t * input_channels > rows) break;
      if (std::int64_t{g} * w.dilation_height > INT32_MAX) break;  // the distance of its rows is a command field
      const bool even = w.kernel_height % g == 0 && w.kernel_width % t == 0;
      if (!even && !has_zeros) continue;
      const PackedGeometry candidate = geometry_of(w, {g, t}, input_channels, output);
      if (std::int64_t{candidate.window.kernel_height} * candidate.window.kernel_width >= plain) continue;
      const double cycles = estimated_cycles(candidate, output, column_blocks);
      if (best.packing.active() && cycles >= best_cycles) continue;
      best = candidate;
      best_cycles = cycles;
    }
  }
  return best;
}

}  // namespace systoliq::model
