// SPDX-License-Identifier: Apache-2.0
// Scales become multipliers, zero points are folded into biases, and what the machine cannot represent is refused.
#include "model/compiler/lowering.h"

#include <algorithm>
#include <cmath>

#include "model/arith/requantize.h"
#include "model/compiler/kernel_tap_packing.h"
#include "types/util/index.h"

namespace systoliq::model {
namespace {

class Lowering final {
 public:
  Lowering(const QuantizedNetwork& network, const AcceleratorConfig& config) : network_(network), config_(config) {}

  std::vector<LoweredLayer> run() {
    check_network();
    std::vector<LoweredLayer> lowered_layers;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      layer_ = &network_.layers[i];
      lowered_layers.push_back(lower_layer());
      lowered_layers.back().layer = static_cast<int>(i);
      lowered_layers.back().inputs = layer_->inputs;
      lowered_layers.back().output = layer_->output;
    }
    return lowered_layers;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw InputError("layer '" + layer_->name + "': " + what); }

  const QuantizedTensor& tensor(int index) const { return network_.tensors.at(static_cast<std::size_t>(index)); }

  void check_network() const {
    if (config_.requant.preset && *config_.requant.preset != network_.preset) {
      throw InputError("network '" + network_.name + "' has requantization preset " +
                       std::string(to_string(network_.preset)) + ", but the configuration says requant.preset = " +
                       std::string(to_string(*config_.requant.preset)) + "; remove one of them or make them equal");
    }
    for (const QuantizedTensor& t : network_.tensors) {
      if (t.bits > config_.datatypes.activation_bits) {
        throw InputError(
            "tensor '" + t.name + "' has " + std::to_string(t.bits) +
            " bits, more than datatypes.activation_bits = " + std::to_string(config_.datatypes.activation_bits));
      }
      if (t.shape.size() != 4 || t.shape[0] != 1) {
        throw InputError("tensor '" + t.name + "' has shape " + to_string(t.shape) + "; accepted: [1, c, h, w]");
      }
    }
  }

  LoweredLayer lower_layer() const {
    switch (layer_->op) {
      case LayerOp::kConvolution:
        return lower_convolution();
      case LayerOp::kMaxPool:
      case LayerOp::kAveragePool:
        return lower_pool();
      case LayerOp::kAdd:
        return lower_add();
      case LayerOp::kLookup:
        return lower_lookup();
      case LayerOp::kConcat:
      case LayerOp::kPad:
        return lower_move();
    }
    throw InternalError("unknown layer operation");
  }

  Post post_template(PostOp op) const {
    Post post;
    post.op = static_cast<std::int32_t>(op);
    post.preset = static_cast<std::int32_t>(op == PostOp::kAdd ? network_.preset : apart_from_add(network_.preset));
    post.output_zero_point = tensor(layer_->output).zero_point;
    post.clamp_min = layer_->clamp_min;
    post.clamp_max = layer_->clamp_max;
    return post;
  }

  /// True if |acc| * multiplier / 2^shift stays below 1/4 for every accumulator, so that any longer shift gives the
  /// same integers under every rounding: 0, or -1 for a negative accumulator rounded down.
  static bool vanishes(std::int32_t multiplier, int shift, std::int64_t greatest) {
    return static_cast<double>(greatest) * std::abs(double{1.0} * multiplier) < std::ldexp(0.25, shift);
  }

  /// `greatest`: no accumulator of the channel is farther from 0.
  ParamEntry checked_entry(std::int64_t bias, Multiplier multiplier, std::int64_t greatest,
                           std::int64_t channel) const {
    const std::string where = "output channel " + std::to_string(channel) + ": ";
    const int bits = config_.datatypes.accumulator_bits;
    if (bias < -(std::int64_t{1} << (bits - 1)) || bias >= std::int64_t{1} << (bits - 1)) {
      refuse(where + "the bias with the input's zero point folded in, " + std::to_string(bias) + ", does not fit the " +
             std::to_string(bits) + " bits of datatypes.accumulator_bits");
    }
    const Scaling scaling = traits_of(network_.preset).scaling;
    const bool fixed_point = scaling == Scaling::kFixedPoint || scaling == Scaling::kFixedPointDouble;
    const int right = (fixed_point ? 31 : 0) - multiplier.shift;
    const int longest = config_.requant.shift_max;
    if (multiplier.multiplier != 0 && right > longest) {
      if (!vanishes(multiplier.multiplier, longest, greatest)) {
        refuse(where + "needs a right shift of " + std::to_string(right) +
               ", more than requant.shift_max = " + std::to_string(longest));
      }
      multiplier.shift += right - longest;
    }
    return {bias, multiplier.multiplier, multiplier.shift};
  }

  /// Bound of |bias + sum of activations * weights|, also where the accumulator wraps or saturates.
  std::int64_t greatest_accumulator(std::int64_t bias, std::int64_t weight_magnitudes) const {
    const std::int64_t products = weight_magnitudes << (config_.datatypes.activation_bits - 1);
    return std::min(std::abs(bias) + products, std::int64_t{1} << (config_.datatypes.accumulator_bits - 1));
  }

  Multiplier multiplier_of(float scale_x, float scale_w, float scale_y, bool per_tensor_product) const {
    try {
      return derive_multiplier(network_.preset, scale_x, scale_w, scale_y, per_tensor_product,
                               config_.requant.multiplier_bits);
    } catch (const InputError& error) {
      refuse(error.what());
    }
  }

  void check_weights() const {
    if (layer_->weight_bits > config_.datatypes.weight_bits) {
      refuse("weights have " + std::to_string(layer_->weight_bits) +
             " bits, more than datatypes.weight_bits = " + std::to_string(config_.datatypes.weight_bits));
    }
    const Shape& w = layer_->weights.shape;
    const Shape& in = tensor(layer_->inputs.at(0)).shape;
    check(w.size() == 4 && layer_->groups >= 1 && w[0] % layer_->groups == 0 && w[1] * layer_->groups == in[1] &&
              static_cast<std::int64_t>(layer_->bias.size()) == w[0] &&
              (layer_->weight_scales.size() == 1 || static_cast<std::int64_t>(layer_->weight_scales.size()) == w[0]),
          "layer '" + layer_->name + "': weights, groups, bias and scales disagree");
    const std::int64_t entries = std::int64_t{1} << layer_->weight_bits;
    const auto size = static_cast<std::int64_t>(layer_->codebook.size());
    check(size == 0 || size == entries || size == entries * w[0],
          "layer '" + layer_->name + "': codebook of the wrong size");
  }

  LoweredLayer lower_convolution() const {
    check_weights();
    const QuantizedTensor& in = tensor(layer_->inputs[0]);
    const QuantizedTensor& out = tensor(layer_->output);
    Convolution convolution;
    convolution.input = layer_->inputs[0];
    convolution.window = layer_->window;
    convolution.groups = layer_->groups;
    convolution.weights = &layer_->weights;
    convolution.weight_zero_point = layer_->weight_zero_point;
    convolution.channels = static_cast<int>(layer_->weights.shape[0]);
    const std::int64_t filter = element_count(layer_->weights.shape) / convolution.channels;
    const bool per_tensor = layer_->weight_scales.size() == 1;
    for (std::int64_t o = 0; o < convolution.channels; ++o) {
      std::int64_t sum = 0;
      std::int64_t magnitudes = 0;
      for (std::int64_t i = 0; i < filter; ++i) {
        const std::int64_t weight = operand(o, nth(layer_->weights.data, o * filter + i));
        sum += weight;
        magnitudes += std::abs(weight);
      }
      const std::int64_t bias = nth(layer_->bias, o) - in.zero_point * sum;
      const float scale_w = layer_->weight_scales[per_tensor ? 0 : static_cast<std::size_t>(o)];
      const Multiplier m = multiplier_of(in.scale, scale_w, out.scale, layer_->fully_connected && per_tensor);
      convolution.params.push_back(checked_entry(bias, m, greatest_accumulator(bias, magnitudes), o));
    }
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    set_codebooks(&convolution);
    if (may_pack(convolution.input)) {
      convolution.packed = choose_packing(convolution, static_cast<int>(in.shape[1]), out.shape, config_);
    }
    lowered.convolutions.push_back(std::move(convolution));
    return lowered;
  }

  std::int32_t operand(std::int64_t channel, std::int32_t stored) const {
    if (layer_->codebook.empty()) return stored - layer_->weight_zero_point;
    const std::int64_t entries = std::int64_t{1} << layer_->weight_bits;
    const bool shared = static_cast<std::int64_t>(layer_->codebook.size()) == entries;
    return nth(layer_->codebook, (shared ? 0 : channel * entries) + stored);
  }

  /// The tables of a codebook machine, which a linear layer has too, and for every channel the stored weight that lanes
  /// of no meaning meet: its operand must be 0.
  void set_codebooks(Convolution* convolution) const {
    const int channels = convolution->channels;
    if (config_.weights.codec == WeightCodec::kLinear) {
      if (!layer_->codebook.empty()) refuse("has codebook weights; accepted: weights.codec = \"codebook\"");
      convolution->zeros.assign(static_cast<std::size_t>(channels),
                                static_cast<std::int16_t>(convolution->weight_zero_point));
      return;
    }
    const std::int32_t entries = 1 << config_.datatypes.weight_bits;
    const std::int32_t limit = 1 << (config_.weights.codebook_bits - 1);
    const std::int32_t used = 1 << layer_->weight_bits;
    const std::int32_t lowest = layer_->codebook.empty() ? -used / 2 : 0;
    for (int o = 0; o < channels; ++o) {
      const std::size_t first = convolution->codebooks.size();
      convolution->codebooks.resize(first + static_cast<std::size_t>(entries));
      std::int32_t zero = kNoZero;
      for (std::int32_t stored = lowest; stored < lowest + used; ++stored) {
        const std::int32_t value = operand(o, stored);
        if (value < -limit || value >= limit) {
          refuse("output channel " + std::to_string(o) + ": operand " + std::to_string(value) + " does not fit the " +
                 std::to_string(config_.weights.codebook_bits) + " bits of weights.codebook_bits");
        }
        convolution->codebooks[first + static_cast<std::size_t>(stored & (entries - 1))] =
            static_cast<std::int16_t>(value);
        if (value == 0) zero = stored;
      }
      convolution->zeros.push_back(static_cast<std::int16_t>(zero));
    }
    const bool any_without = std::count(convolution->zeros.begin(), convolution->zeros.end(), kNoZero) > 0;
    if (any_without && convolution->groups > 1) {
      refuse("a grouped convolution needs a codebook that contains 0, for the lanes of other groups");
    }
    convolution->weight_zero_point = 0;
  }

  /// Packing is LOAD's work: the tensor comes from memory, as a network input that nothing else reads.
  bool may_pack(int index) const {
    if (layer_->groups != 1) return false;
    if (std::find(network_.inputs.begin(), network_.inputs.end(), index) == network_.inputs.end()) return false;
    int readers = 0;
    for (const QuantizedLayer& layer : network_.layers) {
      readers += static_cast<int>(std::count(layer.inputs.begin(), layer.inputs.end(), index));
    }
    return readers == 1;
  }

  LoweredLayer lower_pool() const {
    const Window& w = layer_->window;
    const QuantizedTensor& in = tensor(layer_->inputs.at(0));
    const QuantizedTensor& out = tensor(layer_->output);
    if (w.dilation_height != 1 || w.dilation_width != 1) {
      refuse("pooling with dilation " + std::to_string(w.dilation_height) + " × " + std::to_string(w.dilation_width) +
             "; the machine accepts 1 × 1");
    }
    const bool average = layer_->op == LayerOp::kAveragePool;
    LoweredLayer lowered;
    lowered.window = w;
    lowered.post = post_template(average ? PostOp::kAveragePool : PostOp::kMaxPool);
    lowered.post.source_zero_point = in.zero_point;
    lowered.post.count_include_pad = layer_->count_include_pad ? 1 : 0;
    if (!average) {
      if (in.scale != out.scale || in.zero_point != out.zero_point) refuse("max pooling cannot change the scale");
      return lowered;
    }
    set_average_scale(in, out, &lowered.post);
    return lowered;
  }

  /// Sx / Sy exactly: the quotient of two significands times a power of two.
  static void set_average_scale(const QuantizedTensor& in, const QuantizedTensor& out, Post* post) {
    int exponent_x = 0;
    int exponent_y = 0;
    post->multiplier = static_cast<std::int32_t>(std::ldexp(std::frexp(in.scale, &exponent_x), 24));
    post->divisor = static_cast<std::int32_t>(std::ldexp(std::frexp(out.scale, &exponent_y), 24));
    post->shift = exponent_x - exponent_y;
    // Equal significands without a shift are POST's mark for equal zero points; keep the value, lose the mark.
    if (post->multiplier == post->divisor && post->shift == 0 && in.zero_point != out.zero_point) {
      post->multiplier *= 2;
      post->shift = -1;
    }
  }

  LoweredLayer lower_add() const {
    if (layer_->inputs.size() != 2) refuse("residual add of " + std::to_string(layer_->inputs.size()) + " tensors");
    const QuantizedTensor& a = tensor(layer_->inputs[0]);
    const QuantizedTensor& b = tensor(layer_->inputs[1]);
    if (a.shape != b.shape) refuse("residual add of shapes " + to_string(a.shape) + " and " + to_string(b.shape));
    check_add_width(std::max(a.bits, b.bits));
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kAdd);
    const QuantizedTensor& out = tensor(layer_->output);
    const bool in_float = traits_of(network_.preset).add_form == AddForm::kFloat;
    const auto summed = [&](const QuantizedTensor& t) {
      return SummedTensor{t.scale, t.zero_point + sum_offset(*layer_, t)};
    };
    AddScales scales;
    try {
      scales = in_float ? derive_float_add_scales(summed(a), summed(b), summed(out))
                        : derive_add_scales(network_.preset, a.scale, b.scale, out.scale);
    } catch (const InputError& error) {
      refuse(error.what());
    }
    lowered.post.source_zero_point = in_float ? -sum_offset(*layer_, a) : a.zero_point;
    lowered.post.source2_zero_point = in_float ? -sum_offset(*layer_, b) : b.zero_point;
    if (in_float) lowered.post.output_zero_point = -sum_offset(*layer_, out);
    lowered.post.multiplier = scales.multiplier_a;
    lowered.post.shift = scales.shift_a;
    lowered.post.multiplier2 = scales.multiplier_b;
    lowered.post.shift2 = scales.shift_b;
    lowered.post.multiplier3 = scales.multiplier_out;
    lowered.post.shift3 = scales.shift_out;
    return lowered;
  }

  /// TFLite's form shifts the centered operands left by 20, within 32 bits where it rounds twice.
  void check_add_width(int bits) const {
    if (traits_of(network_.preset).add_form == AddForm::kDoubleRounding && bits > 11) {
      refuse("residual add with " + std::to_string(bits) + "-bit activations overflows the 32 bits of preset " +
             std::string(to_string(network_.preset)) + "; accepted: up to 11 bits");
    }
  }

  LoweredLayer lower_lookup() const {
    const int bits = tensor(layer_->inputs.at(0)).bits;
    const std::int64_t entries = std::int64_t{1} << bits;
    check(static_cast<std::int64_t>(layer_->lookup.size()) == entries, "look-up table of the wrong size");
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kLookup);
    const std::int64_t half = std::int64_t{1} << (config_.datatypes.activation_bits - 1);
    for (std::int64_t stored = -half; stored < half; ++stored) {  // values beyond the network's width never occur
      const std::int64_t index = std::clamp<std::int64_t>(stored + entries / 2, 0, entries - 1);
      lowered.table.push_back(static_cast<std::int16_t>(nth(layer_->lookup, index)));
    }
    return lowered;
  }

  /// Concat and Pad: the identity through the array, one convolution per input.
  LoweredLayer lower_move() const {
    const QuantizedTensor& out = tensor(layer_->output);
    if (config_.datatypes.activation_bits + 2 > config_.datatypes.accumulator_bits) {
      refuse("moving activations through the array needs datatypes.accumulator_bits of at least " +
             std::to_string(config_.datatypes.activation_bits + 2));
    }
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    int offset = 0;
    for (const int index : layer_->inputs) {
      const QuantizedTensor& in = tensor(index);
      if (in.scale != out.scale || in.zero_point != out.zero_point) {
        refuse("input '" + in.name + "' has another scale or zero point than the output");
      }
      Convolution convolution;
      convolution.input = index;
      if (layer_->op == LayerOp::kPad) convolution.window = layer_->window;
      convolution.window.kernel_height = convolution.window.kernel_width = 1;
      convolution.channels = static_cast<int>(in.shape[1]);
      convolution.channel_offset = offset;
      set_identity_codebooks(&convolution);
      const Multiplier one = multiplier_of(1.0F, 1.0F, 1.0F, false);
      for (int c = 0; c < convolution.channels; ++c) {
        const std::int64_t bias = -std::int64_t{in.zero_point};
        convolution.params.push_back(checked_entry(bias, one, greatest_accumulator(bias, 1), c));
      }
      offset += convolution.channels;
      lowered.convolutions.push_back(std::move(convolution));
    }
    return lowered;
  }

  /// Stored weights 0 and 1 are themselves.
  void set_identity_codebooks(Convolution* convolution) const {
    const auto channels = static_cast<std::size_t>(convolution->channels);
    convolution->zeros.assign(channels, 0);
    if (config_.weights.codec == WeightCodec::kLinear) return;
    const auto entries = std::size_t{1} << config_.datatypes.weight_bits;
    convolution->codebooks.assign(channels * entries, 0);
    for (std::size_t c = 0; c < channels; ++c) convolution->codebooks[c * entries + 1] = 1;
  }

  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  const QuantizedLayer* layer_ = nullptr;
};

struct Range {
  std::int64_t first = 0, count = 0;
};

Range window_range(std::int64_t first, std::int64_t count, int kernel, int stride, int dilation, int pad,
                   std::int64_t size) {
  const std::int64_t low = std::max<std::int64_t>(0, first * stride - pad);
  const std::int64_t high =
      std::min(size, (first + count - 1) * stride + (kernel - 1) * std::int64_t{dilation} - pad + 1);
  return {std::min(low, size), std::max<std::int64_t>(0, high - low)};
}

}  // namespace

std::vector<LoweredLayer> lower(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  return Lowering(network, config).run();
}

Region input_region(const LoweredLayer& lowered, int tensor, const Region& out, const QuantizedNetwork& network) {
  const auto op = static_cast<PostOp>(lowered.post.op);
  if (op == PostOp::kAdd || op == PostOp::kLookup) return out;
  Window w = lowered.window;
  for (const Convolution& convolution : lowered.convolutions) {
    if (convolution.input == tensor) w = convolution.window;
  }
  const Shape& shape = nth(network.tensors, tensor).shape;
  const Range y =
      window_range(out.y, out.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, shape[2]);
  const Range x =
      window_range(out.x, out.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, shape[3]);
  return {y.first, x.first, y.count, x.count};
}

int blocks_of(const QuantizedTensor& tensor, const AcceleratorConfig& config) {
  return static_cast<int>((tensor.shape[1] + config.array.rows - 1) / config.array.rows);
}

}  // namespace systoliq::model
