// SPDX-License-Identifier: Apache-2.0
// Outputs of one phase meet the same taps, the last one first, at equal distances in the input.
#include "model/compiler/transposed_phases.h"

#include "types/util/index.h"

namespace systoliq::model {
namespace {

struct AxisPhase {
  std::int64_t first = 0, count = 0;
  int pad = 0, distance = 1;
  std::vector<int> taps;
};

std::vector<AxisPhase> axis_phases(std::int64_t outputs, int kernel, int stride, int dilation, int pad) {
  std::vector<AxisPhase> phases;
  for (std::int64_t first = 0; first < std::min<std::int64_t>(stride, outputs); ++first) {
    AxisPhase phase;
    phase.first = first;
    phase.count = (outputs - first + stride - 1) / stride;
    std::vector<std::int64_t> inputs;  // of the first output
    for (int tap = kernel - 1; tap >= 0; --tap) {
      const std::int64_t distance = first + pad - std::int64_t{tap} * dilation;
      if (distance % stride != 0) continue;
      phase.taps.push_back(tap);
      inputs.push_back(distance / stride);
    }
    if (inputs.empty()) {
      phase.taps = {0};
      inputs = {-phase.count};
    }
    phase.pad = -static_cast<int>(inputs[0]);
    if (inputs.size() > 1) phase.distance = static_cast<int>(inputs[1] - inputs[0]);
    phases.push_back(std::move(phase));
  }
  return phases;
}

IntTensor weights_of(const IntTensor& weights, const AxisPhase& rows, const AxisPhase& columns) {
  const Shape& shape = weights.shape;
  IntTensor part({shape[0], shape[1], static_cast<std::int64_t>(rows.taps.size()),
                  static_cast<std::int64_t>(columns.taps.size())});
  auto next = part.data.begin();
  for (std::int64_t filter = 0; filter < shape[0] * shape[1]; ++filter) {
    for (const int ky : rows.taps) {
      for (const int kx : columns.taps) *next++ = nth(weights.data, (filter * shape[2] + ky) * shape[3] + kx);
    }
  }
  return part;
}

}  // namespace

std::vector<TransposedPhase> transposed_phases(const Window& window, const IntTensor& weights, const Shape& output) {
  std::vector<TransposedPhase> phases;
  for (const AxisPhase& rows :
       axis_phases(output[2], window.kernel_height, window.stride_height, window.dilation_height, window.pad_top)) {
    for (const AxisPhase& columns :
         axis_phases(output[3], window.kernel_width, window.stride_width, window.dilation_width, window.pad_left)) {
      TransposedPhase phase;
      phase.output = {rows.first, columns.first, window.stride_height, window.stride_width, rows.count, columns.count};
      phase.window.kernel_height = static_cast<int>(rows.taps.size());
      phase.window.kernel_width = static_cast<int>(columns.taps.size());
      phase.window.dilation_height = rows.distance;
      phase.window.dilation_width = columns.distance;
      phase.window.pad_top = rows.pad;
      phase.window.pad_left = columns.pad;
      phase.weights = weights_of(weights, rows, columns);
      phases.push_back(std::move(phase));
    }
  }
  return phases;
}

}  // namespace systoliq::model
