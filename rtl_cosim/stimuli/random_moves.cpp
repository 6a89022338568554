// SPDX-License-Identifier: Apache-2.0
// Draws layers on the last tensor of a network that is there already.
#include "rtl_cosim/stimuli/random_moves.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "rtl_cosim/stimuli/random_draw.h"

namespace systoliq::stimuli {
namespace {

constexpr std::int64_t kMostElements = 6000;

class MovingLayers final {
 public:
  MovingLayers(RandomDraw* random, RandomCase* made)
      : random_(*random), config_(made->config), network_(made->network), current_(network_.outputs.front()) {}

  void append() {
    const int layers = random_.uniform(1, 4);
    for (int i = 0; i < layers; ++i) add_layer();
    network_.outputs = {current_};
  }

 private:
  QuantizedTensor& tensor(int index) { return network_.tensors[static_cast<std::size_t>(index)]; }

  void add_layer() {
    const Shape in = tensor(current_).shape;
    const bool large = element_count(in) > kMostElements;
    const int kind = random_.uniform(0, 99);
    if (large || kind < 30) return add_gather(large);
    if (kind < 50) return add_blocks();
    if (kind < 60) return add_turned();
    if (kind < 80) return add_transposed();
    if (kind < 92) return add_dilated_pool();
    add_joined();
  }

  int like_current(Shape shape) {
    QuantizedTensor t = tensor(current_);
    t.name = "m" + std::to_string(network_.tensors.size());
    t.shape = std::move(shape);
    network_.tensors.push_back(std::move(t));
    return static_cast<int>(network_.tensors.size()) - 1;
  }

  QuantizedLayer new_layer(LayerOp op, std::vector<int> inputs, int output) {
    QuantizedLayer layer;
    layer.name = std::string(to_string(op)) + std::to_string(network_.layers.size());
    layer.op = op;
    layer.inputs = std::move(inputs);
    layer.output = output;
    layer.float_output = tensor(output).name;
    const int half = 1 << (tensor(output).bits - 1);
    layer.clamp_min = -half;
    layer.clamp_max = half - 1;
    return layer;
  }

  void finish(QuantizedLayer layer) {
    current_ = layer.output;
    network_.layers.push_back(std::move(layer));
  }

  void finish_move(const Move& move) {
    const Shape shape = {1, static_cast<std::int64_t>(move.channels.size()),
                         static_cast<std::int64_t>(move.rows.size()), static_cast<std::int64_t>(move.columns.size())};
    const int out = like_current(shape);
    QuantizedLayer layer = new_layer(LayerOp::kMove, {current_}, out);
    layer.move = move;
    finish(std::move(layer));
  }

  /// Indices of an axis: some of them, all turned around, each several times, or reflected at both ends.
  Offsets random_indices(std::int64_t size, bool fewer) {
    Offsets all(static_cast<std::size_t>(size));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    const int kind = fewer ? 1 : random_.uniform(0, 5);
    if (kind == 1) {
      const int first = random_.uniform(0, static_cast<int>(size - 1));
      const int step = random_.uniform(1, 3);
      Offsets some;
      for (std::int64_t i = first; i < size && (!fewer || some.size() < 12); i += step) some.push_back(i);
      return some;
    }
    if (kind == 2) std::reverse(all.begin(), all.end());
    if (kind == 3 && size <= 8) {
      Offsets repeated;
      const int factor = random_.uniform(2, 3);
      for (const std::int64_t i : all) repeated.insert(repeated.end(), static_cast<std::size_t>(factor), i);
      return repeated;
    }
    if (kind == 4 && size > 2) {
      Offsets reflected = {2, 1};
      reflected.insert(reflected.end(), all.begin(), all.end());
      reflected.push_back(size - 2);
      return reflected;
    }
    return all;
  }

  void add_gather(bool fewer) {
    const Shape in = tensor(current_).shape;
    Move move = {random_indices(in[1], fewer), random_indices(in[2], fewer), random_indices(in[3], fewer)};
    if (!fewer && random_.chance(30)) {
      for (std::size_t c = move.channels.size(); c-- > 1;) {
        std::swap(move.channels[c], move.channels[static_cast<std::size_t>(random_.uniform(0, static_cast<int>(c)))]);
      }
    }
    for (std::int64_t& channel : move.channels) channel *= in[2] * in[3];
    for (std::int64_t& row : move.rows) row *= in[3];
    finish_move(move);
  }

  /// Pixels of blocks become channels, or channels blocks of pixels, in both orders.
  void add_blocks() {
    const Shape in = tensor(current_).shape;
    const std::int64_t plane = in[2] * in[3];
    const bool outer = random_.chance(50);
    Move move;
    if (in[1] % 4 == 0 && random_.chance(60)) {
      const std::int64_t channels = in[1] / 4;
      const std::int64_t column = (outer ? channels : 1) * plane, row = 2 * column;
      for (std::int64_t c = 0; c < channels; ++c) move.channels.push_back(c * (outer ? 1 : 4) * plane);
      for (std::int64_t y = 0; y < 2 * in[2]; ++y) move.rows.push_back(y / 2 * in[3] + y % 2 * row);
      for (std::int64_t x = 0; x < 2 * in[3]; ++x) move.columns.push_back(x / 2 + x % 2 * column);
      return finish_move(move);
    }
    if (in[2] < 2 || in[3] < 2) return add_gather(false);
    for (std::int64_t i = 0; i < 4 * in[1]; ++i) {
      const std::int64_t block = outer ? i / in[1] : i % 4, c = outer ? i % in[1] : i / 4;
      move.channels.push_back(c * plane + block / 2 * in[3] + block % 2);
    }
    for (std::int64_t y = 0; y < in[2] / 2; ++y) move.rows.push_back(2 * y * in[3]);
    for (std::int64_t x = 0; x < in[3] / 2; ++x) move.columns.push_back(2 * x);
    finish_move(move);
  }

  /// Two of the three dimensions change places.
  void add_turned() {
    const Shape in = tensor(current_).shape;
    std::vector<Offsets> axes(3);
    const Shape strides = {in[2] * in[3], in[3], 1};
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::int64_t i = 0; i < in[k + 1]; ++i) axes[k].push_back(i * strides[k]);
    }
    const auto first = static_cast<std::size_t>(random_.uniform(0, 1));
    std::swap(axes[first], axes[static_cast<std::size_t>(random_.uniform(static_cast<int>(first) + 1, 2))]);
    finish_move({axes[0], axes[1], axes[2]});
  }

  void add_transposed() {
    const Shape in = tensor(current_).shape;
    Window w;
    w.kernel_height = random_.uniform(1, 4);
    w.kernel_width = random_.uniform(1, 4);
    w.stride_height = random_.uniform(1, 3);
    w.stride_width = random_.uniform(1, 3);
    w.dilation_height = random_.uniform(1, 2);
    w.dilation_width = random_.uniform(1, 3);
    w.pad_top = random_.uniform(0, w.kernel_height - 1);
    w.pad_left = random_.uniform(0, w.kernel_width - 1);
    const auto outputs = [&](std::int64_t size, int kernel, int stride, int dilation, int pad) {
      return std::max<std::int64_t>(1,
                                    (size - 1) * stride + (kernel - 1) * dilation + 1 - pad + random_.uniform(-1, 1));
    };
    const int channels = static_cast<int>(in[1]);
    const int groups = random_.chance(40) ? (channels % 2 == 0 && random_.chance(50) ? 2 : channels) : 1;
    const std::int64_t filters = std::int64_t{groups} * random_.uniform(1, groups == 1 ? 20 : 2);
    const Shape out_shape = {1, filters, outputs(in[2], w.kernel_height, w.stride_height, w.dilation_height, w.pad_top),
                             outputs(in[3], w.kernel_width, w.stride_width, w.dilation_width, w.pad_left)};
    const int out = like_current(out_shape);
    QuantizedLayer layer = new_layer(LayerOp::kConvTranspose, {current_}, out);
    layer.window = w;
    layer.groups = groups;
    layer.weight_bits = config_.datatypes.weight_bits;
    layer.weights = IntTensor({filters, in[1] / groups, w.kernel_height, w.kernel_width});
    const int half = 1 << (layer.weight_bits - 1);
    for (std::int32_t& weight : layer.weights.data) weight = random_.uniform(-half, half - 1);
    const bool eight_bits = layer.weight_bits == 8 && config_.weights.codec == model::WeightCodec::kCodebook;
    layer.weight_zero_point = random_.chance(20) && !eight_bits ? random_.uniform(-half, half - 1) : 0;
    layer.weight_scales = {std::exp2(static_cast<float>(-random_.uniform(3, 8)))};
    for (std::int64_t o = 0; o < filters; ++o) layer.bias.push_back(random_.uniform(-300, 300));
    finish(std::move(layer));
  }

  void add_dilated_pool() {
    const Shape in = tensor(current_).shape;
    Window w;
    const auto extent = [&](std::int64_t size, int* kernel, int* dilation, int* stride, int* pad) {
      *dilation = random_.uniform(1, 3);
      *kernel = random_.uniform(1, static_cast<int>(std::min<std::int64_t>(3, (size - 1) / *dilation + 1)));
      *stride = random_.uniform(1, 4);
      *pad = *kernel > 1 && size > *dilation ? random_.uniform(0, *dilation - 1) : 0;
      return (size + 2 * *pad - (*kernel - 1) * *dilation - 1) / *stride + 1;
    };
    const std::int64_t height = extent(in[2], &w.kernel_height, &w.dilation_height, &w.stride_height, &w.pad_top);
    const std::int64_t width = extent(in[3], &w.kernel_width, &w.dilation_width, &w.stride_width, &w.pad_left);
    w.pad_bottom = w.pad_top;
    w.pad_right = w.pad_left;
    const bool average = random_.chance(30);
    QuantizedLayer layer = new_layer(average ? LayerOp::kAveragePool : LayerOp::kMaxPool, {current_},
                                     like_current({1, in[1], height, width}));
    layer.window = w;
    layer.count_include_pad = average && random_.chance(50);
    finish(std::move(layer));
  }

  void add_joined() {
    const int axis = random_.uniform(2, 3);
    const int times = random_.uniform(2, 3);
    Shape shape = tensor(current_).shape;
    shape[static_cast<std::size_t>(axis)] *= times;
    const std::vector<int> inputs(static_cast<std::size_t>(times), current_);
    QuantizedLayer layer = new_layer(LayerOp::kConcat, inputs, like_current(shape));
    layer.axis = axis;
    finish(std::move(layer));
  }

  RandomDraw& random_;
  const model::AcceleratorConfig& config_;
  QuantizedNetwork& network_;
  int current_;
};

}  // namespace

RandomCase random_moving_case(std::uint64_t seed) {
  RandomCase made = random_case(seed);
  RandomDraw random(seed + 0x9E3779B97F4A7C15U);
  MovingLayers(&random, &made).append();
  return made;
}

}  // namespace systoliq::stimuli
