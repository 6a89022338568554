// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines, from a seed: odd sizes, every layer kind, every preset, small buffers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "types/quantized_network.h"

namespace systoliq::test {

struct RandomCase {
  model::AcceleratorConfig config;
  QuantizedNetwork network;
  IntTensor input;
};

class RandomCaseMaker final {
 public:
  explicit RandomCaseMaker(std::uint64_t seed) : random_(seed) {}

  /// A random network on a random machine.
  RandomCase make() {
    make_config();
    const Preset preset = pick_preset();
    if (preset == Preset::kOrtMlas) config().requant.multiplier_bits = pick({25, 32});
    if (is_shift_only(preset)) config().requant.multiplier_bits = pick({0, 32});
    return make_network(preset);
  }

  /// A random network on the given machine, whose multipliers must have 25 bits or more.
  RandomCase make(const model::AcceleratorConfig& machine) {
    config() = machine;
    return make_network(pick_preset());
  }

 private:
  RandomCase make_network(Preset preset) {
    QuantizedNetwork& net = case_.network;
    net.name = "random";
    net.preset = preset;
    current_ =
        add_tensor({1, pick({1, 2, 3, 5, 7, 16, 17, 33}), pick({1, 2, 5, 7, 8, 15}), pick({1, 3, 6, 9, 15})}, 0.02);
    net.inputs = {current_};
    const int layers = uniform(1, 6);
    for (int i = 0; i < layers; ++i) add_layer();
    net.outputs = {current_};
    case_.input = IntTensor(shape_of(net.inputs[0]));
    const int half = 1 << (config().datatypes.activation_bits - 1);
    for (std::int32_t& value : case_.input.data) value = uniform(-half, half - 1);
    return std::move(case_);
  }

  model::AcceleratorConfig& config() { return case_.config; }
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(int percent) { return uniform(0, 99) < percent; }
  int pick(const std::vector<int>& values) {
    return values[static_cast<std::size_t>(uniform(0, static_cast<int>(values.size()) - 1))];
  }

  void make_config() {
    model::AcceleratorConfig& c = config();
    c.array.rows = pick({1, 2, 3, 4, 5, 8, 16, 16, 17, 256});
    c.array.cols = pick({1, 2, 3, 4, 7, 8, 16, 16, 32});
    c.array.dataflow = chance(30) ? Dataflow::kOutputStationary : Dataflow::kWeightStationary;
    c.requant.lanes = uniform(1, c.array.cols);
    c.datatypes.activation_bits = pick({8, 8, 8, 2, 3, 4, 5, 7});
    c.datatypes.weight_bits = pick({8, 8, 8, 2, 4, 5, 6});
    if (chance(20)) c.weights.codec = model::WeightCodec::kCodebook;
    c.datatypes.accumulator_bits = pick({32, 32, 24, 20, 16, 48});
    if (c.datatypes.accumulator_bits > 32) c.requant.multiplier_bits = 16;
    c.datatypes.overflow = chance(50) ? Overflow::kWrap : Overflow::kSaturate;
    c.buffers.activation_kib = pick({2, 4, 16, 128});
    c.buffers.weight_kib = pick({1, 2, 8, 64});
    c.buffers.accumulator_words = pick({1, 3, 16, 100, 1024});
    c.buffers.param_words = pick({128, 200, 1024});
    c.memory.bytes_per_cycle = pick({1, 4, 8, 16, 32});
    c.memory.latency_cycles = pick({1, 10, 64});
    c.memory.burst_bytes = pick({32, 64, 256});
    c.memory.outstanding = pick({1, 2, 4, 8});
  }

  Preset pick_preset() {
    if (config().datatypes.accumulator_bits > 32) return static_cast<Preset>(pick({0, 1, 3, 4, 5, 6, 7, 8}));
    return static_cast<Preset>(uniform(0, static_cast<int>(kPresetNames.size()) - 1));
  }

  const Shape& shape_of(int tensor) const { return case_.network.tensors[static_cast<std::size_t>(tensor)].shape; }
  QuantizedTensor& tensor(int index) { return case_.network.tensors[static_cast<std::size_t>(index)]; }

  float legal_scale(double scale) const {
    if (is_shift_only(case_.network.preset)) return static_cast<float>(std::exp2(std::round(std::log2(scale))));
    return static_cast<float>(scale);
  }

  int add_tensor(Shape shape, double scale) {
    QuantizedTensor t;
    t.name = "t" + std::to_string(case_.network.tensors.size());
    t.shape = std::move(shape);
    t.scale = legal_scale(scale);
    t.bits = config().datatypes.activation_bits;
    const int half = 1 << (t.bits - 1);
    t.zero_point = config().datatypes.accumulator_bits <= 20 ? uniform(-1, 1) : uniform(-half, half - 1);
    case_.network.tensors.push_back(std::move(t));
    return static_cast<int>(case_.network.tensors.size()) - 1;
  }

  QuantizedLayer new_layer(LayerOp op, std::vector<int> inputs, int output) {
    QuantizedLayer layer;
    layer.name = std::string(to_string(op)) + std::to_string(case_.network.layers.size());
    layer.op = op;
    layer.inputs = std::move(inputs);
    layer.output = output;
    layer.float_output = tensor(output).name;
    const int half = 1 << (tensor(output).bits - 1);
    layer.clamp_min = chance(40) ? std::min(tensor(output).zero_point, half - 1) : -half;
    layer.clamp_max = chance(20) ? std::max(layer.clamp_min, half / 2) : half - 1;
    return layer;
  }

  void add_layer() {
    const int kind = uniform(0, 99);
    if (kind < 55) return add_convolution();
    if (kind < 70) return add_pool();
    if (kind < 80) return add_residual();
    if (kind < 87) return add_lookup();
    if (kind < 94) return add_concat();
    add_pad();
  }

  Window random_window(const Shape& in, bool dilated) {
    Window w;
    w.kernel_height = uniform(1, static_cast<int>(std::min<std::int64_t>(5, in[2])));
    w.kernel_width = uniform(1, static_cast<int>(std::min<std::int64_t>(5, in[3])));
    if (chance(15)) {
      w.kernel_height = static_cast<int>(in[2]);
      w.kernel_width = static_cast<int>(in[3]);
    }
    w.stride_height = uniform(1, 3);
    w.stride_width = uniform(1, 3);
    if (dilated && chance(25)) w.dilation_height = (w.kernel_height - 1) * 2 + 1 <= in[2] ? 2 : 1;
    if (dilated && chance(25)) w.dilation_width = (w.kernel_width - 1) * 2 + 1 <= in[3] ? 2 : 1;
    w.pad_top = uniform(0, w.kernel_height - 1);
    w.pad_left = uniform(0, w.kernel_width - 1);
    w.pad_bottom = uniform(0, w.kernel_height - 1);
    w.pad_right = uniform(0, w.kernel_width - 1);
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
    if (chance(30)) groups = channels % 2 == 0 && chance(50) ? 2 : channels;
    const int per_group = groups == 1 ? pick({1, 3, 8, 10, 17, 40}) : uniform(1, 3);
    const int bits = config().datatypes.weight_bits;
    const std::int64_t group_channels = channels / groups;
    const double depth = static_cast<double>(group_channels) * w.kernel_height * w.kernel_width;
    const double spread = std::sqrt(depth) * std::exp2(bits - 2) * 0.6;
    const double weight_scale = 0.01;
    const int out = add_tensor(windowed(in, w, std::int64_t{groups} * per_group),
                               static_cast<double>(tensor(current_).scale) * weight_scale * std::max(1.0, spread));
    QuantizedLayer layer = new_layer(LayerOp::kConvolution, {current_}, out);
    layer.window = w;
    layer.groups = groups;
    layer.fully_connected = chance(20);
    layer.weight_bits = bits;
    layer.weights = IntTensor({std::int64_t{groups} * per_group, channels / groups, w.kernel_height, w.kernel_width});
    const int half = 1 << (bits - 1);
    for (std::int32_t& weight : layer.weights.data) weight = uniform(-half, half - 1);
    layer.weight_zero_point = chance(20) ? uniform(-half, half - 1) : 0;
    if (config().weights.codec == model::WeightCodec::kCodebook) add_codebook(groups * per_group, groups > 1, &layer);
    const bool per_channel = chance(60);
    for (int o = 0; o < (per_channel ? groups * per_group : 1); ++o) {
      layer.weight_scales.push_back(legal_scale(weight_scale * std::exp2(uniform(-10, 10) / 10.0)));
    }
    for (int o = 0; o < groups * per_group; ++o) layer.bias.push_back(uniform(-300, 300));
    finish(std::move(layer));
  }

  /// Random tables, or none: a codebook machine runs linear layers too.
  void add_codebook(int channels, bool with_zero, QuantizedLayer* layer) {
    const int half = 1 << (layer->weight_bits - 1);
    if (chance(30)) {
      layer->weight_zero_point = layer->weight_bits == 8 ? 0 : layer->weight_zero_point;
      return;
    }
    layer->weight_zero_point = 0;
    for (std::int32_t& weight : layer->weights.data) weight += half;
    const int tables = chance(50) ? 1 : channels;
    for (int i = 0; i < tables * 2 * half; ++i) layer->codebook.push_back(uniform(-half, half - 1));
    for (int t = 0; with_zero && t < tables; ++t) layer->codebook[static_cast<std::size_t>(t * 2 * half)] = 0;
  }

  void add_pool() {
    const Shape in = shape_of(current_);
    const bool average = chance(50);
    const Window w = random_window(in, false);
    const int out =
        add_tensor(windowed(in, w, in[1]), static_cast<double>(tensor(current_).scale) * (average ? 0.7 : 1));
    const bool same_scale = !average || chance(50);
    if (same_scale) {
      tensor(out).scale = tensor(current_).scale;
      if (!average || chance(70)) tensor(out).zero_point = tensor(current_).zero_point;
    }
    QuantizedLayer layer = new_layer(average ? LayerOp::kAveragePool : LayerOp::kMaxPool, {current_}, out);
    layer.window = w;
    layer.count_include_pad = average && chance(50);
    finish(std::move(layer));
  }

  void add_residual() {
    std::vector<int> candidates;
    for (int i = 0; i < static_cast<int>(case_.network.tensors.size()); ++i) {
      if (shape_of(i) == shape_of(current_)) candidates.push_back(i);
    }
    const int other = pick(candidates);
    const int out = add_tensor(shape_of(current_), static_cast<double>(tensor(current_).scale) * 1.3);
    finish(new_layer(LayerOp::kAdd, {current_, other}, out));
  }

  void add_lookup() {
    const int out = add_tensor(shape_of(current_), 0.03);
    QuantizedLayer layer = new_layer(LayerOp::kLookup, {current_}, out);
    const int half = 1 << (tensor(out).bits - 1);
    for (int i = 0; i < 2 * half; ++i) layer.lookup.push_back(uniform(-half, half - 1));
    finish(std::move(layer));
  }

  void add_concat() {
    std::vector<int> inputs;
    std::int64_t channels = 0;
    const int first = current_;
    for (int i = 0; i < static_cast<int>(case_.network.tensors.size()); ++i) {
      const Shape& s = shape_of(i);
      const bool fits = s[2] == shape_of(first)[2] && s[3] == shape_of(first)[3] &&
                        tensor(i).scale == tensor(first).scale && tensor(i).zero_point == tensor(first).zero_point;
      if (!fits) continue;
      inputs.push_back(i);
      channels += s[1];
    }
    if (chance(50)) {
      inputs.push_back(first);
      channels += shape_of(first)[1];
    }
    const int out = add_tensor({1, channels, shape_of(first)[2], shape_of(first)[3]}, 1.0);
    finish_moved(LayerOp::kConcat, inputs, out, {});
  }

  void add_pad() {
    Window w;
    w.pad_top = uniform(0, 2);
    w.pad_left = uniform(0, 2);
    w.pad_bottom = uniform(0, 2);
    w.pad_right = uniform(0, 2);
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
    case_.network.layers.push_back(std::move(layer));
  }

  std::mt19937_64 random_;
  RandomCase case_;
  int current_ = 0;
};

}  // namespace systoliq::test
