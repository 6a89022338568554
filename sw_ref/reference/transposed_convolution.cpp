// SPDX-License-Identifier: Apache-2.0
// Transposed convolution: outputs whose places have the same remainder by the stride meet the same taps, so they are a
// convolution of their own, over the rows and columns of the input that those taps reach.
#include <string>
#include <vector>

#include "sw_ref/reference/layers.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// Outputs remainder + j * stride: tap taps[t] takes input j + begin + t * distance.
struct Remainder {
  std::int64_t remainder = 0, outputs = 0, begin = 0, distance = 1;
  std::vector<std::int64_t> taps;

  std::int64_t taken() const { return outputs + (static_cast<std::int64_t>(taps.size()) - 1) * distance; }
};

/// Input index i and tap k make output i * stride + k * dilation - pad.
std::vector<Remainder> remainders(std::int64_t outputs, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                                  std::int64_t pad) {
  std::vector<Remainder> all;
  for (std::int64_t r = 0; r < stride && r < outputs; ++r) {
    Remainder one;
    one.remainder = r;
    for (std::int64_t y = r; y < outputs; y += stride) ++one.outputs;
    std::int64_t previous = 0;
    for (std::int64_t k = kernel; k-- > 0;) {
      const std::int64_t from = r + pad - k * dilation;
      if (from % stride != 0) continue;
      if (one.taps.empty()) one.begin = from / stride;
      if (one.taps.size() == 1) one.distance = from / stride - previous;
      previous = from / stride;
      one.taps.push_back(k);
    }
    if (one.taps.empty()) {  // nothing reaches these outputs: they are their bias
      one.taps = {0};
      one.begin = -one.outputs;
    }
    all.push_back(std::move(one));
  }
  return all;
}

class Part final {
 public:
  Part(const QuantizedNetwork& network, const QuantizedLayer& layer, const Remainder& rows, const Remainder& columns)
      : rows_(rows), columns_(columns), layer_(layer) {
    network_.preset = network.preset;
    network_.tensors = {nth(network.tensors, layer.inputs[0]), nth(network.tensors, layer.output)};
    network_.tensors[0].shape[2] = rows.taken();
    network_.tensors[0].shape[3] = columns.taken();
    network_.tensors[1].shape[2] = rows.outputs;
    network_.tensors[1].shape[3] = columns.outputs;
    layer_.op = LayerOp::kConvolution;
    layer_.inputs = {0};
    layer_.output = 1;
    layer_.window = {};
    layer_.window.dilation_height = static_cast<int>(rows.distance);
    layer_.window.dilation_width = static_cast<int>(columns.distance);
    take_weights(layer.weights);
  }

  IntTensor run(const IntTensor& input, const AccumulationOrder& order, std::int64_t* overflows) const {
    return convolve(network_, layer_, reached(input), order, KernelTapPacking{}, overflows);
  }

 private:
  void take_weights(const IntTensor& weights) {
    const Shape& shape = weights.shape;
    layer_.window.kernel_height = static_cast<int>(rows_.taps.size());
    layer_.window.kernel_width = static_cast<int>(columns_.taps.size());
    layer_.weights = IntTensor({shape[0], shape[1], layer_.window.kernel_height, layer_.window.kernel_width});
    auto next = layer_.weights.data.begin();
    for (std::int64_t filter = 0; filter < shape[0] * shape[1]; ++filter) {
      for (const std::int64_t ky : rows_.taps) {
        for (const std::int64_t kx : columns_.taps)
          *next++ = nth(weights.data, (filter * shape[2] + ky) * shape[3] + kx);
      }
    }
  }

  /// The input's elements that the taps take, the zero point beyond its edges.
  IntTensor reached(const IntTensor& input) const {
    const Shape& shape = input.shape;
    IntTensor part(network_.tensors[0].shape, network_.tensors[0].zero_point);
    auto next = part.data.begin();
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = rows_.begin; y < rows_.begin + rows_.taken(); ++y) {
        for (std::int64_t x = columns_.begin; x < columns_.begin + columns_.taken(); ++x, ++next) {
          const bool inside = y >= 0 && y < shape[2] && x >= 0 && x < shape[3];
          if (inside) *next = nth(input.data, (c * shape[2] + y) * shape[3] + x);
        }
      }
    }
    return part;
  }

  const Remainder& rows_;
  const Remainder& columns_;
  QuantizedNetwork network_;
  QuantizedLayer layer_;
};

}  // namespace

IntTensor convolve_transposed(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                              const AccumulationOrder& order, std::int64_t* overflows) {
  const Window& w = layer.window;
  IntTensor output(nth(network.tensors, layer.output).shape);
  const Shape& shape = output.shape;
  for (const Remainder& rows : remainders(shape[2], w.kernel_height, w.stride_height, w.dilation_height, w.pad_top)) {
    for (const Remainder& columns :
         remainders(shape[3], w.kernel_width, w.stride_width, w.dilation_width, w.pad_left)) {
      std::int64_t counted = 0;
      const IntTensor part = Part(network, layer, rows, columns).run(input, order, &counted);
      *overflows += counted;
      auto next = part.data.begin();
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        for (std::int64_t y = rows.remainder; y < shape[2]; y += w.stride_height) {
          for (std::int64_t x = columns.remainder; x < shape[3]; x += w.stride_width) {
            nth(output.data, (c * shape[2] + y) * shape[3] + x) = *next++;
          }
        }
      }
    }
  }
  return output;
}

}  // namespace systoliq::sw_ref
