// SPDX-License-Identifier: Apache-2.0
// ConvTranspose as ONNX has it: weights by input channel, and an output size that padding makes.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// kernel_shape, strides, dilations, group, pads and output_padding, so that the output has the shape of `output`.
void set_transposed_window(onnx::NodeProto& node, const Window& window, int groups, const Shape& input,
                           const Shape& output);

/// [c, o / groups, kh, kw] of weights [o, c / groups, kh, kw] in that many groups.
Shape input_major_shape(const Shape& shape, int groups);

/// The values in that order. They are blocks of kh * kw.
template <typename T>
std::vector<T> input_major(const std::vector<T>& values, const Shape& shape, int groups) {
  const std::int64_t outputs = shape[0] / groups, inputs = shape[1], taps = shape[2] * shape[3];
  std::vector<T> turned;
  turned.reserve(values.size());
  for (std::int64_t i = 0; i < groups * inputs; ++i) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      const std::int64_t at = ((i / inputs * outputs + o) * inputs + i % inputs) * taps;
      turned.insert(turned.end(), values.begin() + at, values.begin() + at + taps);
    }
  }
  return turned;
}

}  // namespace systoliq::sw_ref
