// SPDX-License-Identifier: Apache-2.0
// Layer by layer, each on the tensor that the last one made or, where two are needed, on any earlier one that fits.
#include "rtl_cosim/stimuli/random_network.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace systoliq::stimuli {
namespace {

class NetworkMaker final {
 public:
  NetworkMaker(RandomDraw* random, const model::AcceleratorConfig& config, Preset preset)
      : random_(*random), config_(config) {
    network_.name = "random";
    network_.preset = preset;
  }

  QuantizedNetwork make() {
    const Shape input{1, random_.pick({1, 2, 3, 5, 7, 16, 17, 33}), random_.pick({1, 2, 5, 7, 8, 15}),
                      random_.pick({1, 3, 6, 9, 15})};
    current_ = add_tensor(input, 0.02);
    network_.inputs = {current_};
    const int layers = random_.uniform(1, 6);
    for (int i = 0; i < layers; ++i) add_layer();
    network_.outputs = {current_};
    return std::move(network_);
  }

 private:
  const Shape& shape_of(int tensor) const { return network_.tensors[static_cast<std::size_t>(tensor)].shape; }
  QuantizedTensor& tensor(int index) { return network_.tensors[static_cast<std::size_t>(index)]; }

  float legal_scale(double scale) const {
    if (is_shift_only(network_.preset)) return static_cast<float>(std::exp2(std::round(std::log2(scale))));
    return static_cast<float>(scale);
  }

  int add_tensor(Shape shape, double scale) {
    QuantizedTensor t;
    t.name = "t" + std::to_string(network_.tensors.size());
    t.shape = std::move(shape);
    t.scale = legal_scale(scale);
    t.bits = config_.datatypes.activation_bits;
    const int half = 1 << (t.bits - 1);
    t.zero_point = config_.datatypes.accumulator_bits <= 20 ? random_.uniform(-1, 1) : random_.uniform(-half, half - 1);
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
    layer.clamp_min = random_.chance(40) ? std::min(tensor(output).zero_point, half - 1) : -half;
    layer.clamp_max = random_.chance(20) ? std::max(layer.clamp_min, half / 2) : half - 1;
    return layer;
  }

  void add_layer() {
    const int kind = random_.uniform(0, 99);
    if (kind < 55) return add_convolution();
    if (kind < 70) return add_pool();
    if (kind < 80) return add_residual();
    if (kind < 87) return add_lookup();
    if (kind < 94) return add_concat();
    add_pad();
  }

  Window random_window(const Shape& in, bool dilated) {
    Window w;
    w.kernel_height = random_.uniform(1, static_cast<int>(std::min<std::int64_t>(5, in[2])));
    w.kernel_width = random_.uniform(1, static_cast<int>(std::min<std::int64_t>(5, in[3])));
    if (random_.chance(15)) {
      w.kernel_height = static_cast<int>(in[2]);
      w.kernel_width = static_cast<int>(in[3]);
    }
    w.stride_height = random_.uniform(1, 3);
    w.stride_width = random_.uniform(1, 3);
    if (dilated && random_.chance(25)) w.dilation_height = (w.kernel_height - 1) * 2 + 1 <= in[2] ? 2 : 1;
    if (dilated && random_.chance(25)) w.dilation_width = (w.kernel_width - 1) * 2 + 1 <= in[3] ? 2 : 1;
    w.pad_top = random_.uniform(0, w.kernel_height - 1);
    w.pad_left = random_.uniform(0, w.kernel_width - 1);
    w.pad_bottom = random_.uniform(0, w.kernel_height - 1);
    w.pad_right = random_.uniform(0, w.kernel_width - 1);
    return w;
  }

  static Shape windowed(const Shape& in, const Window& w, std::int64_t channels) {
    const auto out = [](std::int64_t size, int pads, int kernel, int dilation, int stride) {
      return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
    };
    return {1, channels, out(in[2], w.pad_top + w.pad_bottom, w.kernel_height, w.dilation_height, w.stride_height),
            out(in[3], w.pad_left + w.pad_right, w.kernel_width, w.dilation_width, w.stride_width)};
  }

  void add_convolution() {
    const Shape in = shape_of(current_);
    const Window w = random_window(in, true);
    const int channels = static_cast<int>(in[1]);
    int groups = 1;
    if (random_.chance(30)) groups = channels % 2 == 0 && random_.chance(50) ? 2 : channels;
    const int per_group = groups == 1 ? random_.pick({1, 3, 8, 10, 17, 40}) : random_.uniform(1, 3);
    const int bits = config_.datatypes.weight_bits;
    const std::int64_t group_channels = channels / groups;
    const double depth = static_cast<double>(group_channels) * w.kernel_height * w.kernel_width;
    const double spread = std::sqrt(depth) * std::exp2(bits - 2) * 0.6;
    const double weight_scale = 0.01;
    const int out = add_tensor(windowed(in, w, std::int64_t{groups} * per_group),
                               static_cast<double>(tensor(current_).scale) * weight_scale * std::max(1.0, spread));
    QuantizedLayer layer = new_layer(LayerOp::kConvolution, {current_}, out);
    layer.window = w;
    layer.groups = groups;
    layer.fully_connected = random_.chance(20);
    layer.weight_bits = bits;
    layer.weights = IntTensor({std::int64_t{groups} * per_group, channels / groups, w.kernel_height, w.kernel_width});
    const int half = 1 << (bits - 1);
    for (std::int32_t& weight : layer.weights.data) weight = random_.uniform(-half, half - 1);
    layer.weight_zero_point = random_.chance(20) ? random_.uniform(-half, half - 1) : 0;
    if (config_.weights.codec == model::WeightCodec::kCodebook) add_codebook(groups * per_group, groups > 1, &layer);
    const bool per_channel = random_.chance(60);
    for (int o = 0; o < (per_channel ? groups * per_group : 1); ++o) {
      layer.weight_scales.push_back(legal_scale(weight_scale * std::exp2(random_.uniform(-10, 10) / 10.0)));
    }
    for (int o = 0; o < groups * per_group; ++o) layer.bias.push_back(random_.uniform(-300, 300));
    finish(std::move(layer));
  }

  /// Random tables, or none: a codebook machine runs linear layers too.
  void add_codebook(int channels, bool with_zero, QuantizedLayer* layer) {
    const int half = 1 << (layer->weight_bits - 1);
    if (random_.chance(30)) {
      layer->weight_zero_point = layer->weight_bits == 8 ? 0 : layer->weight_zero_point;
      return;
    }
    layer->weight_zero_point = 0;
    for (std::int32_t& weight : layer->weights.data) weight += half;
    const int tables = random_.chance(50) ? 1 : channels;
    for (int i = 0; i < tables * 2 * half; ++i) layer->codebook.push_back(random_.uniform(-half, half - 1));
    for (int t = 0; with_zero && t < tables; ++t) layer->codebook[static_cast<std::size_t>(t * 2 * half)] = 0;
  }

  void add_pool() {
    const Shape in = shape_of(current_);
    const bool average = random_.chance(50);
    const Window w = random_window(in, false);
    const int out =
        add_tensor(windowed(in, w, in[1]), static_cast<double>(tensor(current_).scale) * (average ? 0.7 : 1));
    const bool same_scale = !average || random_.chance(50);
    if (same_scale) {
      tensor(out).scale = tensor(current_).scale;
      if (!average || random_.chance(70)) tensor(out).zero_point = tensor(current_).zero_point;
    }
    QuantizedLayer layer = new_layer(average ? LayerOp::kAveragePool : LayerOp::kMaxPool, {current_}, out);
    layer.window = w;
    layer.count_include_pad = average && random_.chance(50);
    finish(std::move(layer));
  }

  void add_residual() {
    std::vector<int> candidates;
    for (int i = 0; i < static_cast<int>(network_.tensors.size()); ++i) {
      if (shape_of(i) == shape_of(current_)) candidates.push_back(i);
    }
    const int other = random_.pick(candidates);
    const int out = add_tensor(shape_of(current_), static_cast<double>(tensor(current_).scale) * 1.3);
    finish(new_layer(LayerOp::kAdd, {current_, other}, out));
  }

  void add_lookup() {
    const int out = add_tensor(shape_of(current_), 0.03);
    QuantizedLayer layer = new_layer(LayerOp::kLookup, {current_}, out);
    const int half = 1 << (tensor(out).bits - 1);
    for (int i = 0; i < 2 * half; ++i) layer.lookup.push_back(random_.uniform(-half, half - 1));
    finish(std::move(layer));
  }

  void add_concat() {
    std::vector<int> inputs;
    std::int64_t channels = 0;
    const int first = current_;
    for (int i = 0; i < static_cast<int>(network_.tensors.size()); ++i) {
      const Shape& s = shape_of(i);
      const bool fits = s[2] == shape_of(first)[2] && s[3] == shape_of(first)[3] &&
                        tensor(i).scale == tensor(first).scale && tensor(i).zero_point == tensor(first).zero_point;
      if (!fits) continue;
      inputs.push_back(i);
      channels += s[1];
    }
    if (random_.chance(50)) {
      inputs.push_back(first);
      channels += shape_of(first)[1];
    }
    const int out = add_tensor({1, channels, shape_of(first)[2], shape_of(first)[3]}, 1.0);
    finish_moved(LayerOp::kConcat, inputs, out, {});
  }

  void add_pad() {
    Window w;
    w.pad_top = random_.uniform(0, 2);
    w.pad_left = random_.uniform(0, 2);
    w.pad_bottom = random_.uniform(0, 2);
    w.pad_right = random_.uniform(0, 2);
    const Shape in = shape_of(current_);
    const int out = add_tensor({1, in[1], in[2] + w.pad_top + w.pad_bottom, in[3] + w.pad_left + w.pad_right}, 1.0);
    finish_moved(LayerOp::kPad, {current_}, out, w);
  }

  void finish_moved(LayerOp op, const std::vector<int>& inputs, int out, const Window& window) {
    tensor(out).scale = tensor(inputs.front()).scale;
    tensor(out).zero_point = tensor(inputs.front()).zero_point;
    QuantizedLayer layer = new_layer(op, inputs, out);
    layer.window = window;
    const int half = 1 << (tensor(out).bits - 1);
    layer.clamp_min = -half;
    layer.clamp_max = half - 1;
    finish(std::move(layer));
  }

  void finish(QuantizedLayer layer) {
    current_ = layer.output;
    network_.layers.push_back(std::move(layer));
  }

  RandomDraw& random_;
  const model::AcceleratorConfig& config_;
  QuantizedNetwork network_;
  int current_ = 0;
};

}  // namespace

QuantizedNetwork random_network(RandomDraw* random, const model::AcceleratorConfig& config, Preset preset) {
  return NetworkMaker(random, config, preset).make();
}

}  // namespace systoliq::stimuli
