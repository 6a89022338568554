// SPDX-License-Identifier: Apache-2.0
// The formula of docs/numerics.md, One output of a convolution, step by step.
#include "sw_ref/reference/trace.h"

#include <algorithm>
#include <string>

#include "sw_ref/reference/layers.h"
#include "sw_ref/reference/narrowing.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

class Tracer final {
 public:
  Tracer(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
         const AccumulationOrder& order)
      : layer_(layer),
        input_(input),
        order_(order),
        x_(nth(network.tensors, layer.inputs.at(0))),
        y_(nth(network.tensors, layer.output)),
        network_(network) {}

  ConvolutionTrace run(KernelTapPacking packing, std::int64_t channel, std::int64_t row, std::int64_t column) {
    check(layer_.op == LayerOp::kConvolution && channel >= 0 && channel < y_.shape[1] && row >= 0 &&
              row < y_.shape[2] && column >= 0 && column < y_.shape[3],
          "layer '" + layer_.name + "': no such output of a convolution");
    channel_ = channel;
    row_ = row;
    column_ = column;
    start();
    if (packing.active()) {
      packed_passes(packing);
    } else {
      plain_passes();
    }
    finish();
    return std::move(trace_);
  }

 private:
  std::int64_t group_channels() const { return layer_.weights.shape[1]; }

  std::int32_t stored_weight(std::int64_t ky, std::int64_t kx, std::int64_t in_group) const {
    const Shape& shape = layer_.weights.shape;
    return nth(layer_.weights.data, ((channel_ * shape[1] + in_group) * shape[2] + ky) * shape[3] + kx);
  }

  std::int64_t operand(std::int32_t stored) const {
    if (layer_.codebook.empty()) return std::int64_t{stored} - layer_.weight_zero_point;
    const std::int64_t entries = std::int64_t{1} << layer_.weight_bits;
    const bool shared = static_cast<std::int64_t>(layer_.codebook.size()) == entries;
    return nth(layer_.codebook, (shared ? 0 : channel_ * entries) + stored);
  }

  void start() {
    const std::int64_t filter = element_count(layer_.weights.shape) / layer_.weights.shape[0];
    for (std::int64_t i = 0; i < filter; ++i) {
      trace_.operand_sum += operand(nth(layer_.weights.data, channel_ * filter + i));
    }
    trace_.bias = nth(layer_.bias, channel_);
    trace_.folded_bias = trace_.bias - x_.zero_point * trace_.operand_sum;
    trace_.accumulator = trace_.folded_bias;
  }

  /// A pass is one tap and those of the group's channels that lie in one block of `rows` input channels.
  void plain_passes() {
    const std::int64_t first = channel_ / (layer_.weights.shape[0] / layer_.groups) * group_channels();
    const std::int64_t end = first + group_channels();
    for (int ky = 0; ky < layer_.window.kernel_height; ++ky) {
      for (int kx = 0; kx < layer_.window.kernel_width; ++kx) {
        for (std::int64_t from = first; from < end;) {
          const std::int64_t to = std::min(end, (from / order_.rows + 1) * order_.rows);
          begin_pass();
          for (; from < to; ++from) add(ky, kx, from, from - first);
          end_pass();
        }
      }
    }
  }

  /// A pass is a group of kernel rows and columns, with all channels of each.
  void packed_passes(KernelTapPacking packing) {
    const Window& w = layer_.window;
    for (int top = 0; top < w.kernel_height; top += packing.kernel_rows) {
      for (int left = 0; left < w.kernel_width; left += packing.kernel_columns) {
        begin_pass();
        for (int ky = top; ky < std::min(top + packing.kernel_rows, w.kernel_height); ++ky) {
          for (int kx = left; kx < std::min(left + packing.kernel_columns, w.kernel_width); ++kx) {
            for (std::int64_t c = 0; c < group_channels(); ++c) add(ky, kx, c, c);
          }
        }
        end_pass();
      }
    }
  }

  void begin_pass() {
    trace_.passes.emplace_back();
    if (order_.dataflow == Dataflow::kWeightStationary) sum_ = 0;
    if (order_.dataflow == Dataflow::kOutputStationary) sum_ = trace_.accumulator;
  }

  void add(std::int64_t ky, std::int64_t kx, std::int64_t channel, std::int64_t in_group) {
    const Window& w = layer_.window;
    TracedProduct p;
    p.kernel_row = ky;
    p.kernel_column = kx;
    p.channel = channel;
    p.row = row_ * w.stride_height + ky * w.dilation_height - w.pad_top;
    p.column = column_ * w.stride_width + kx * w.dilation_width - w.pad_left;
    p.padding = p.row < 0 || p.row >= x_.shape[2] || p.column < 0 || p.column >= x_.shape[3];
    p.activation =
        p.padding ? x_.zero_point : nth(input_.data, (channel * x_.shape[2] + p.row) * x_.shape[3] + p.column);
    const std::int32_t stored = stored_weight(ky, kx, in_group);
    p.weight = stored;
    p.operand = operand(stored);
    p.product = p.activation * p.operand;
    std::int64_t overflows = 0;
    p.sum = sum_ = limit_to_width(sum_ + p.product, order_, &overflows);
    p.narrowed = overflows != 0;
    trace_.passes.back().products.push_back(p);
  }

  void end_pass() {
    TracedPass& pass = trace_.passes.back();
    std::int64_t overflows = 0;
    const bool added = order_.dataflow == Dataflow::kOutputStationary;
    pass.accumulator = added ? sum_ : limit_to_width(trace_.accumulator + sum_, order_, &overflows);
    pass.narrowed = overflows != 0;
    trace_.accumulator = pass.accumulator;
  }

  void finish() {
    trace_.requantization = requantization_of(network_, layer_, channel_, order_.multiplier_bits);
    trace_.rounded = apply_requantization(trace_.requantization, trace_.accumulator);
    trace_.output = clamp_output(layer_, trace_.rounded + y_.zero_point);
  }

  const QuantizedLayer& layer_;
  const IntTensor& input_;
  const AccumulationOrder& order_;
  const QuantizedTensor& x_;
  const QuantizedTensor& y_;
  const QuantizedNetwork& network_;
  std::int64_t channel_ = 0, row_ = 0, column_ = 0, sum_ = 0;
  ConvolutionTrace trace_;
};

}  // namespace

ConvolutionTrace trace_convolution(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                                   const AccumulationOrder& order, KernelTapPacking packing, std::int64_t channel,
                                   std::int64_t row, std::int64_t column) {
  return Tracer(network, layer, input, order).run(packing, channel, row, column);
}

}  // namespace systoliq::sw_ref
