// SPDX-License-Identifier: Apache-2.0
// Convolution: each output is the dot product of a patch of the padded input and one filter, laid side by side.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "sw_ref/reference/layers.h"
#include "sw_ref/reference/narrowing.h"
#include "sw_ref/reference/requantization.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

/// sum a[i] * w[i]; plain, so that the compiler vectorizes it. The caller knows that Sum cannot overflow.
template <typename Sum, typename Weight>
Sum dot(const std::int16_t* a, const Weight* w, std::size_t count) {
  Sum sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<Sum>(a[i]) * static_cast<Sum>(w[i]);
  return sum;
}

/// How the sums of one output channel may be computed.
enum class Arithmetic { kNarrow, kWide, kInOrder };

class Convolution final {
 public:
  Convolution(const QuantizedNetwork& network, const QuantizedLayer& layer, const AccumulationOrder& order,
              KernelTapPacking packing)
      : network_(network),
        layer_(layer),
        order_(order),
        x_(nth(network.tensors, layer.inputs[0])),
        y_(nth(network.tensors, layer.output)),
        filters_(layer.weights.shape[0]),
        group_channels_(layer.weights.shape[1]),
        patch_size_(
            static_cast<std::size_t>(group_channels_ * layer.window.kernel_height * layer.window.kernel_width)) {
    check(layer.groups >= 1 && filters_ % layer.groups == 0 && x_.shape[1] == group_channels_ * layer.groups &&
              static_cast<std::int64_t>(layer.bias.size()) == filters_,
          "convolution '" + layer.name + "': channels, groups and bias disagree");
    check(!packing.active() || layer.groups == 1, "convolution '" + layer.name + "': kernel-tap packing with groups");
    lay_out_weights();
    for (int group = 0; group < layer.groups; ++group) passes_.push_back(pass_lengths(group, packing));
    for (std::int64_t o = 0; o < filters_; ++o) prepare_filter(static_cast<std::size_t>(o));
  }

  IntTensor run(const IntTensor& input, std::int64_t* overflows) {
    lay_out_input(input);
    IntTensor output(y_.shape);
    const std::int64_t height = y_.shape[2];
    const std::int64_t width = y_.shape[3];
    std::vector<std::int16_t> patch(patch_size_);
    const std::int64_t group_filters = filters_ / layer_.groups;
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        for (int group = 0; group < layer_.groups; ++group) {
          gather(y, x, group, patch.data());
          for (std::int64_t o = group * group_filters; o < (group + 1) * group_filters; ++o) {
            const std::int64_t sum = accumulate(patch.data(), static_cast<std::size_t>(o), group, overflows);
            const std::int64_t value = apply_requantization(nth(requantizations_, o), sum) + y_.zero_point;
            nth(output.data, (o * height + y) * width + x) = clamp_output(layer_, value);
          }
        }
      }
    }
    return output;
  }

 private:
  /// What a stored weight of filter `o` multiplies by.
  std::int32_t operand(std::int64_t o, std::int32_t stored) const {
    if (layer_.codebook.empty()) return stored - layer_.weight_zero_point;
    const std::int64_t entries = std::int64_t{1} << layer_.weight_bits;
    const bool shared = static_cast<std::int64_t>(layer_.codebook.size()) == entries;
    return layer_.codebook.at(static_cast<std::size_t>((shared ? 0 : o * entries) + stored));
  }

  /// [o, i, kh, kw] -> per filter [kh, kw, i], as operands.
  void lay_out_weights() {
    const Window& w = layer_.window;
    weights_.reserve(layer_.weights.data.size());
    for (std::int64_t o = 0; o < filters_; ++o) {
      for (std::int64_t ky = 0; ky < w.kernel_height; ++ky) {
        for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
          for (std::int64_t i = 0; i < group_channels_; ++i) {
            const std::int64_t at = ((o * group_channels_ + i) * w.kernel_height + ky) * w.kernel_width + kx;
            weights_.push_back(operand(o, nth(layer_.weights.data, at)));
          }
        }
      }
    }
    short_weights_.resize(weights_.size());
    std::transform(weights_.begin(), weights_.end(), short_weights_.begin(),
                   [](std::int32_t weight) { return static_cast<std::int16_t>(weight); });
  }

  /// Products per pass; without kernel-tap packing in the order of the patch: [kernel row, kernel column, channel].
  std::vector<std::size_t> pass_lengths(int group, KernelTapPacking packing) {
    const Window& w = layer_.window;
    std::vector<std::size_t> lengths;
    if (packing.active()) {
      order_of_products_.clear();
      for (int ky = 0; ky < w.kernel_height; ky += packing.kernel_rows) {
        for (int kx = 0; kx < w.kernel_width; kx += packing.kernel_columns) {
          lengths.push_back(append_packed_pass(ky, kx, packing));
        }
      }
      return lengths;
    }
    order_of_products_.resize(patch_size_);
    std::iota(order_of_products_.begin(), order_of_products_.end(), std::size_t{0});
    for (int tap = 0; tap < w.kernel_height * w.kernel_width; ++tap) {
      const std::int64_t end = (group + 1) * group_channels_;
      for (std::int64_t channel = group * group_channels_; channel < end;) {
        const std::int64_t next = std::min(end, (channel / order_.rows + 1) * order_.rows);
        lengths.push_back(static_cast<std::size_t>(next - channel));
        channel = next;
      }
    }
    return lengths;
  }

  /// Positions in the patch of the taps that one kernel-tap-packed pass takes; returns how many.
  std::size_t append_packed_pass(int first_row, int first_column, KernelTapPacking packing) {
    const Window& w = layer_.window;
    const std::size_t before = order_of_products_.size();
    for (int ky = first_row; ky < std::min(first_row + packing.kernel_rows, w.kernel_height); ++ky) {
      for (int kx = first_column; kx < std::min(first_column + packing.kernel_columns, w.kernel_width); ++kx) {
        for (std::int64_t c = 0; c < group_channels_; ++c) {
          order_of_products_.push_back(static_cast<std::size_t>((ky * w.kernel_width + kx) * group_channels_ + c));
        }
      }
    }
    return order_of_products_.size() - before;
  }

  /// Folded bias, multiplier, and whether the largest possible partial sum could overflow.
  void prepare_filter(std::size_t o) {
    std::int64_t sum = 0;
    std::int64_t magnitude = 0;
    bool fits_short = true;
    for (std::size_t i = o * patch_size_; i < (o + 1) * patch_size_; ++i) {
      sum += weights_[i];
      magnitude += std::abs(std::int64_t{weights_[i]});
      fits_short = fits_short && weights_[i] == short_weights_[i];
    }
    bias_.push_back(layer_.bias[o] - x_.zero_point * sum);
    const std::int64_t bound = std::abs(bias_[o]) + magnitude * (std::int64_t{1} << (x_.bits - 1));
    const bool exact = bound < std::int64_t{1} << (order_.accumulator_bits - 1);
    const bool fits_int = bound <= std::numeric_limits<std::int32_t>::max();
    arithmetic_.push_back(!exact                   ? Arithmetic::kInOrder
                          : fits_int && fits_short ? Arithmetic::kNarrow
                                                   : Arithmetic::kWide);
    requantizations_.push_back(
        requantization_of(network_, layer_, static_cast<std::int64_t>(o), order_.multiplier_bits));
  }

  /// [c, h, w] -> [h + padding, w + padding, c], the padding filled with the zero point.
  void lay_out_input(const IntTensor& input) {
    const Window& w = layer_.window;
    const std::int64_t channels = x_.shape[1];
    const std::int64_t height = x_.shape[2];
    const std::int64_t width = x_.shape[3];
    padded_width_ = width + w.pad_left + w.pad_right;
    padded_.assign(static_cast<std::size_t>((height + w.pad_top + w.pad_bottom) * padded_width_ * channels),
                   static_cast<std::int16_t>(x_.zero_point));
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        std::int16_t* pixel = padded_.data() + ((y + w.pad_top) * padded_width_ + x + w.pad_left) * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          pixel[c] = static_cast<std::int16_t>(nth(input.data, (c * height + y) * width + x));
        }
      }
    }
  }

  void gather(std::int64_t y, std::int64_t x, int group, std::int16_t* patch) const {
    const Window& w = layer_.window;
    for (int ky = 0; ky < w.kernel_height; ++ky) {
      for (int kx = 0; kx < w.kernel_width; ++kx) {
        const std::int64_t row = y * w.stride_height + ky * w.dilation_height;
        const std::int64_t column = x * w.stride_width + kx * w.dilation_width;
        patch = std::copy_n(padded_.data() + (row * padded_width_ + column) * x_.shape[1] + group * group_channels_,
                            group_channels_, patch);
      }
    }
  }

  std::int64_t accumulate(const std::int16_t* patch, std::size_t o, int group, std::int64_t* overflows) const {
    const std::size_t first = o * patch_size_;
    switch (arithmetic_[o]) {
      case Arithmetic::kNarrow:
        return bias_[o] + dot<std::int32_t>(patch, short_weights_.data() + first, patch_size_);
      case Arithmetic::kWide:
        return bias_[o] + dot<std::int64_t>(patch, weights_.data() + first, patch_size_);
      case Arithmetic::kInOrder:
        break;
    }
    std::int64_t accumulator = bias_[o];
    std::size_t i = 0;
    for (const std::size_t length : nth(passes_, group)) {
      if (order_.dataflow == Dataflow::kOutputStationary) {
        for (const std::size_t end = i + length; i < end; ++i) {
          const std::size_t at = order_of_products_[i];
          accumulator = limit_to_width(accumulator + std::int64_t{patch[at]} * weights_[first + at], order_, overflows);
        }
        continue;
      }
      std::int64_t partial = 0;
      for (const std::size_t end = i + length; i < end; ++i) {
        const std::size_t at = order_of_products_[i];
        partial = limit_to_width(partial + std::int64_t{patch[at]} * weights_[first + at], order_, overflows);
      }
      accumulator = limit_to_width(accumulator + partial, order_, overflows);
    }
    return accumulator;
  }

  const QuantizedNetwork& network_;
  const QuantizedLayer& layer_;
  const AccumulationOrder& order_;
  const QuantizedTensor& x_;
  const QuantizedTensor& y_;
  std::int64_t filters_, group_channels_;
  std::size_t patch_size_;
  std::vector<std::int32_t> weights_;
  std::vector<std::int16_t> short_weights_;
  std::vector<std::vector<std::size_t>> passes_;  ///< per group, the number of products in each
  std::vector<std::size_t> order_of_products_;    ///< positions in the patch, the same for every group
  std::vector<std::int64_t> bias_;
  std::vector<Arithmetic> arithmetic_;
  std::vector<Requantization> requantizations_;
  std::vector<std::int16_t> padded_;
  std::int64_t padded_width_ = 0;
};

/// Every tap of every output must lie inside the padded input.
void check_window(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  const Shape& in = nth(network.tensors, layer.inputs[0]).shape;
  const Shape& out = nth(network.tensors, layer.output).shape;
  const Window& w = layer.window;
  const std::int64_t bottom = (out[2] - 1) * w.stride_height + (w.kernel_height - 1) * w.dilation_height;
  const std::int64_t right = (out[3] - 1) * w.stride_width + (w.kernel_width - 1) * w.dilation_width;
  check(bottom < in[2] + w.pad_top + w.pad_bottom && right < in[3] + w.pad_left + w.pad_right &&
            out[1] == layer.weights.shape[0] && layer.weights.shape[2] == w.kernel_height &&
            layer.weights.shape[3] == w.kernel_width,
        "convolution '" + layer.name + "': output shape does not follow from input shape and window");
}

}  // namespace

IntTensor convolve(const QuantizedNetwork& network, const QuantizedLayer& layer, const IntTensor& input,
                   const AccumulationOrder& order, KernelTapPacking packing, std::int64_t* overflows) {
  check_window(network, layer);
  return Convolution(network, layer, order, packing).run(input, overflows);
}

}  // namespace systoliq::sw_ref
