// SPDX-License-Identifier: Apache-2.0
// Maximum and average over windows; taps outside the input are skipped.
#include <algorithm>
#include <limits>

#include "sw_ref/reference/layers.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

struct Taps {
  std::int64_t sum = 0, count = 0;
  std::int32_t largest = std::numeric_limits<std::int32_t>::min();
};

/// What one window of one channel holds.
Taps window_taps(const Window& window, const std::int32_t* channel, std::int64_t height, std::int64_t width,
                 std::int64_t y, std::int64_t x) {
  Taps taps;
  for (int ky = 0; ky < window.kernel_height; ++ky) {
    const std::int64_t row = y * window.stride_height + ky * window.dilation_height - window.pad_top;
    if (row < 0 || row >= height) continue;
    for (int kx = 0; kx < window.kernel_width; ++kx) {
      const std::int64_t column = x * window.stride_width + kx * window.dilation_width - window.pad_left;
      if (column < 0 || column >= width) continue;
      const std::int32_t value = channel[row * width + column];
      taps.sum += value;
      taps.largest = std::max(taps.largest, value);
      ++taps.count;
    }
  }
  return taps;
}

template <typename Reduce>
IntTensor pool(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input, Reduce reduce) {
  IntTensor output(nth(network.tensors, layer.output).shape);
  const std::int64_t height = input.shape[2];
  const std::int64_t width = input.shape[3];
  auto next = output.data.begin();
  for (std::int64_t c = 0; c < output.shape[1]; ++c) {
    const std::int32_t* channel = input.data.data() + c * height * width;
    for (std::int64_t y = 0; y < output.shape[2]; ++y) {
      for (std::int64_t x = 0; x < output.shape[3]; ++x) {
        const Taps taps = window_taps(layer.window, channel, height, width, y, x);
        check(taps.count > 0, "pooling '" + layer.name + "': a window lies wholly in the padding");
        *next++ = clamp_output(layer, reduce(taps));
      }
    }
  }
  return output;
}

}  // namespace

IntTensor max_pool(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input) {
  return pool(network, layer, input, [](const Taps& taps) { return std::int64_t{taps.largest}; });
}

IntTensor average_pool(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input) {
  const QuantizedTensor& x = nth(network.tensors, layer.inputs[0]);
  const QuantizedTensor& y = nth(network.tensors, layer.output);
  const std::int64_t window = std::int64_t{layer.window.kernel_height} * layer.window.kernel_width;
  return pool(network, layer, input, [&](Taps taps) {
    if (layer.count_include_pad) {
      taps.sum += (window - taps.count) * x.zero_point;
      taps.count = window;
    }
    if (layer.average_from_lowest) {
      const std::int64_t lowest = -(std::int64_t{1} << (x.bits - 1));
      return (2 * (taps.sum - taps.count * lowest) + taps.count) / (2 * taps.count) + lowest;  // of numbers above 0
    }
    return average(network.preset, taps.sum, taps.count, x.scale, x.zero_point, y.scale, y.zero_point);
  });
}

}  // namespace systoliq::sw_ref
