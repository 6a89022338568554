// SPDX-License-Identifier: Apache-2.0
// Scales become multipliers, zero points are folded into biases, and what the machine cannot represent is refused.
#include "model/compiler/lowering.h"

#include <algorithm>
#include <cmath>

#include "model/arith/requantize.h"
#include "model/compiler/kernel_tap_packing.h"
#include "model/compiler/move_regions.h"
#include "model/compiler/transposed_phases.h"
#include "model/compiler/value_ranges.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::model {
namespace {

const std::vector<StoredRange> kNoRanges;
constexpr std::size_t kMostRegions = 4096;  ///< of a move, each a convolution

/// Magnitudes of an output channel's operands.
struct OperandSums {
  std::int64_t positive = 0, negative = 0;
};

class Lowering final {
 public:
  Lowering(const QuantizedNetwork& network, const AcceleratorConfig& config)
      : network_(network), config_(config), ranges_(is_16x8(network.preset) ? stored_ranges(network) : kNoRanges) {}

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
            " bits, more than datatypes.activation_bits = " + std::to_string(config_.datatypes.activation_bits) +
            "; accepted: datatypes.activation_bits = " + std::to_string(t.bits) + " or more");
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
      case LayerOp::kMultiply:
        return lower_multiply();
      case LayerOp::kLookup:
        return lower_lookup();
      case LayerOp::kConcat:
      case LayerOp::kPad:
        return lower_move();
      case LayerOp::kConvTranspose:
        return lower_transposed();
      case LayerOp::kMove:
        return lower_elements();
    }
    throw InternalError("unknown layer operation");
  }

  /// The code that POST runs an operation by: of ort_x86 only the sum is its own, of xnn_fp32 sum and product, of
  /// tflite_16x8 the sum, of litert_16x8 the sum and fully connected layers.
  Preset post_preset(PostOp op) const {
    if (adds(op)) return network_.preset;
    if (is_16x8(network_.preset)) {
      if (op != PostOp::kRequantize || !has_weights(layer_->op)) return Preset::kTfliteRef;
      const Preset own = requantization_preset(network_, *layer_);
      return own == Preset::kTflite16x8 ? Preset::kTfliteSingle : own;
    }
    if (network_.preset == Preset::kOrtX86) return Preset::kOrtMlas;
    if (network_.preset != Preset::kXnnFp32 || multiplies(op)) return network_.preset;
    return op == PostOp::kRequantize ? Preset::kOrtMlas : Preset::kTfliteRef;
  }

  Post post_template(PostOp op) const {
    Post post;
    post.op = static_cast<std::int32_t>(op);
    post.preset = static_cast<std::int32_t>(post_preset(op));
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

  /// The smallest accumulator that does, where a machine has it.
  static std::string width_that_holds(std::int64_t value) {
    int bits = kLeastAccumulatorBits;
    while (bits <= kMostAccumulatorBits &&
           (value < -(std::int64_t{1} << (bits - 1)) || value >= std::int64_t{1} << (bits - 1)))
      ++bits;
    return bits > kMostAccumulatorBits ? "" : "; accepted: at least " + std::to_string(bits);
  }

  /// The preset that the layer's multipliers are derived by.
  Preset scale_preset() const {
    if (!is_16x8(network_.preset)) return network_.preset;
    return has_weights(layer_->op) ? requantization_preset(network_, *layer_) : Preset::kTfliteRef;
  }

  /// Beside a bias of 32 bits the kernel has sums of 32, and multiplies them by 31 bits.
  void check_narrow_sums(std::int64_t farthest, const std::string& where) const {
    if (farthest > INT32_MAX) {
      refuse(where + "sums may reach " + std::to_string(farthest) +
             ", beyond the 32 bits that TensorFlow Lite has for them beside a bias of INT32; accepted: INT64");
    }
    if (requantization_preset(network_, *layer_) == Preset::kTfliteRef && config_.requant.multiplier_bits < 32) {
      refuse(
          "has a bias of INT32 beside 16-bit activations, whose multiplier has 31 bits, but requant.multiplier_bits "
          "= " +
          std::to_string(config_.requant.multiplier_bits) + "; accepted: 32");
    }
  }

  /// TensorFlow Lite sums 16 x 8 bits in 64: no sum may leave the accumulator, nor a result the kernel's 32 bits.
  void check_wide_sums(std::int64_t bias, const OperandSums& sums, double factor, std::int64_t channel) const {
    const StoredRange& x = nth(ranges_, layer_->inputs.at(0));
    const std::int64_t padding = tensor(layer_->inputs[0]).zero_point;
    const std::int64_t low = std::min<std::int64_t>({x.low, padding, 0});
    const std::int64_t high = std::max<std::int64_t>({x.high, padding, 0});
    const std::int64_t below = -low * sums.positive + high * sums.negative;
    const std::int64_t above = high * sums.positive - low * sums.negative;
    const std::int64_t farthest = std::abs(bias) + std::max(below, above);
    const int bits = config_.datatypes.accumulator_bits;
    const std::string where = "output channel " + std::to_string(channel) + ": ";
    if (farthest >= std::int64_t{1} << (bits - 1)) {
      refuse(where + "sums may reach " + std::to_string(farthest) + ", beyond the " + std::to_string(bits) +
             " bits of datatypes.accumulator_bits, and preset " + std::string(to_string(network_.preset)) +
             " has no overflow" + width_that_holds(farthest));
    }
    if (layer_->sums_of_32_bits) check_narrow_sums(farthest, where);
    constexpr double kHighest = 2147483646.0;
    if (static_cast<double>(farthest) * factor > kHighest) {
      refuse(where + "sums of up to " + std::to_string(farthest) + " times " + number_text(factor) +
             " leave the 32 bits of TensorFlow Lite's result; accepted: below 2^31");
    }
  }

  /// `greatest`: no accumulator of the channel is farther from 0.
  ParamEntry checked_entry(std::int64_t bias, Multiplier multiplier, std::int64_t greatest,
                           std::int64_t channel) const {
    const std::string where = "output channel " + std::to_string(channel) + ": ";
    const int bits = config_.datatypes.accumulator_bits;
    if (bias < -(std::int64_t{1} << (bits - 1)) || bias >= std::int64_t{1} << (bits - 1)) {
      refuse(where + "the bias with the input's zero point folded in, " + std::to_string(bias) + ", does not fit the " +
             std::to_string(bits) + " bits of datatypes.accumulator_bits" + width_that_holds(bias));
    }
    const Scaling scaling = traits_of(scale_preset()).scaling;
    if (scaling == Scaling::kBinary64) return {bias, multiplier.multiplier, multiplier.shift};
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
      return derive_multiplier(scale_preset(), scale_x, scale_w, scale_y, per_tensor_product,
                               config_.requant.multiplier_bits);
    } catch (const InputError& error) {
      refuse(error.what());
    }
  }

  /// The layer's own factor as a param word has it: all bits count.
  Multiplier own_multiplier(const ExactFactor& factor) const {
    if (traits_of(scale_preset()).scaling == Scaling::kSignificand) return {factor.multiplier, factor.exponent};
    const int unused = 32 - config_.requant.multiplier_bits;
    if (unused > 0 && (factor.multiplier & ((std::int64_t{1} << unused) - 1)) != 0) {
      refuse("its factor needs a multiplier of 32 bits; accepted: requant.multiplier_bits = 32");
    }
    return {factor.multiplier, factor.exponent + 31};
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
    Convolution convolution = with_weights(&layer_->weights);
    convolution.window = layer_->window;
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    set_codebooks(&convolution);
    if (may_pack(convolution.input)) {
      convolution.packed = choose_packing(convolution, static_cast<int>(in.shape[1]), out.shape, config_);
    }
    lowered.convolutions.push_back(std::move(convolution));
    return lowered;
  }

  /// A convolution for each phase of the stride.
  LoweredLayer lower_transposed() const {
    check_weights();
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    for (TransposedPhase& phase : transposed_phases(layer_->window, layer_->weights, tensor(layer_->output).shape)) {
      const auto weights = std::make_shared<const IntTensor>(std::move(phase.weights));
      Convolution convolution = with_weights(weights.get());
      convolution.own_weights = weights;
      convolution.window = phase.window;
      convolution.lattice = phase.output;
      set_codebooks(&convolution);
      lowered.convolutions.push_back(std::move(convolution));
      if (lowered.convolutions.size() > kMostRegions) {
        refuse("has more than " + std::to_string(kMostRegions) +
               " phases, stride_height · stride_width; accepted: up "
               "to so many");
      }
    }
    return lowered;
  }

  /// The layer's convolution with these weights, without a window: groups, and the params of every output channel.
  Convolution with_weights(const IntTensor* weights) const {
    const QuantizedTensor& in = tensor(layer_->inputs[0]);
    const QuantizedTensor& out = tensor(layer_->output);
    Convolution convolution;
    convolution.input = layer_->inputs[0];
    convolution.groups = layer_->groups;
    convolution.weights = weights;
    convolution.weight_zero_point = layer_->weight_zero_point;
    convolution.weight_bits = std::max(2, layer_->weight_bits);
    convolution.channels = static_cast<int>(weights->shape[0]);
    const std::int64_t filter = element_count(weights->shape) / convolution.channels;
    const bool per_tensor = layer_->weight_scales.size() == 1;
    for (std::int64_t o = 0; o < convolution.channels; ++o) {
      OperandSums sums;
      for (std::int64_t i = 0; i < filter; ++i) {
        const std::int64_t weight = operand(o, nth(weights->data, o * filter + i));
        (weight < 0 ? sums.negative : sums.positive) += std::abs(weight);
      }
      const std::int64_t bias = nth(layer_->bias, o) - in.zero_point * (sums.positive - sums.negative);
      const float scale_w = layer_->weight_scales[per_tensor ? 0 : static_cast<std::size_t>(o)];
      const Multiplier m = layer_->factor ? own_multiplier(*layer_->factor)
                                          : multiplier_of(in.scale, scale_w, out.scale, has_float_product(*layer_));
      if (is_16x8(network_.preset)) {
        check_wide_sums(bias, sums, layer_->factor ? 0.0 : double{in.scale} * scale_w / out.scale, o);
      }
      convolution.params.push_back(
          checked_entry(bias, m, greatest_accumulator(bias, sums.positive + sums.negative), o));
    }
    return convolution;
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
    const std::int32_t half = 1 << (convolution->weight_bits - 1);
    for (int o = 0; o < channels; ++o) {
      const std::size_t first = convolution->codebooks.size();
      convolution->codebooks.resize(first + static_cast<std::size_t>(entries));
      std::int32_t zero = kNoZero;
      for (std::int32_t index = lowest; index < lowest + used; ++index) {
        const std::int32_t value = operand(o, index);
        const std::int32_t stored = index < half ? index : index - 2 * half;  // LOAD extends the sign
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
    if (layer_->average_from_lowest) set_average_from_lowest(in, &lowered.post);
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

  /// Both zero points become the lowest value, and the scale 1 loses the mark of a raw average (2 * 2^-1).
  static void set_average_from_lowest(const QuantizedTensor& in, Post* post) {
    post->source_zero_point = post->output_zero_point = -(1 << (in.bits - 1));
    post->multiplier = 1 << 24;
    post->divisor = 1 << 23;
    post->shift = -1;
  }

  LoweredLayer lower_add() const {
    if (layer_->inputs.size() != 2) refuse("residual add of " + std::to_string(layer_->inputs.size()) + " tensors");
    const QuantizedTensor& a = tensor(layer_->inputs[0]);
    const QuantizedTensor& b = tensor(layer_->inputs[1]);
    check_add_width(std::max(a.bits, b.bits));
    LoweredLayer lowered;
    lowered.post = post_template(second_repeats() ? PostOp::kAddPixel : PostOp::kAdd);
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

  /// True where the second operand is one pixel of a larger first one's channels. Throws InputError for other shapes
  /// that differ.
  bool second_repeats() const {
    const Shape& a = tensor(layer_->inputs.at(0)).shape;
    const Shape& b = tensor(layer_->inputs.at(1)).shape;
    if (a == b) return false;
    if (b == Shape{1, a[1], 1, 1}) return true;
    refuse(std::string(to_string(layer_->op)) + " of shapes " + to_string(a) + " and " + to_string(b) +
           "; accepted: equal ones, or one pixel of as many channels second");
  }

  LoweredLayer lower_multiply() const {
    if (layer_->inputs.size() != 2) refuse("product of " + std::to_string(layer_->inputs.size()) + " tensors");
    const QuantizedTensor& a = tensor(layer_->inputs[0]);
    const QuantizedTensor& b = tensor(layer_->inputs[1]);
    const QuantizedTensor& out = tensor(layer_->output);
    LoweredLayer lowered;
    lowered.post = post_template(second_repeats() ? PostOp::kMultiplyPixel : PostOp::kMultiply);
    lowered.post.source_zero_point = a.zero_point;
    lowered.post.source2_zero_point = b.zero_point;
    const std::int64_t greatest = std::int64_t{1} << (a.bits + b.bits);
    const ParamEntry scale = checked_entry(0, product_multiplier(a.scale, b.scale, out.scale), greatest, 0);
    lowered.post.multiplier = scale.multiplier;
    lowered.post.shift = scale.shift;
    lowered.post.multiplier3 = out.storage_offset;
    return lowered;
  }

  Multiplier product_multiplier(float scale_a, float scale_b, float scale_y) const {
    if (is_16x8(network_.preset) && config_.requant.multiplier_bits < 32) {
      refuse("multiplies two tensors by 31 bits under preset " + std::string(to_string(network_.preset)) +
             ", but requant.multiplier_bits = " + std::to_string(config_.requant.multiplier_bits) + "; accepted: 32");
    }
    try {
      return derive_product_multiplier(network_.preset, scale_a, scale_b, scale_y, config_.requant.multiplier_bits);
    } catch (const InputError& error) {
      refuse(error.what());
    }
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

  /// A move: the identity for each of its regions.
  LoweredLayer lower_elements() const {
    const QuantizedTensor& in = tensor(layer_->inputs.at(0));
    const QuantizedTensor& out = tensor(layer_->output);
    check_identity(in, out);
    const std::vector<MoveRegion> regions = move_regions(layer_->move, in.shape, kMostRegions);
    if (regions.empty()) {
      refuse("moves the elements of " + to_string(in.shape) + " to " + to_string(out.shape) + " in more than " +
             std::to_string(kMostRegions) + " regions of equal steps; accepted: up to so many");
    }
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    for (const MoveRegion& region : regions) {
      Convolution convolution;
      convolution.input = layer_->inputs[0];
      convolution.lattice = region.output;
      convolution.window.stride_height = static_cast<int>(region.source.step_y);
      convolution.window.stride_width = static_cast<int>(region.source.step_x);
      convolution.window.pad_top = -static_cast<int>(region.source.y);
      convolution.window.pad_left = -static_cast<int>(region.source.x);
      convolution.source_channels = region.source_channels;
      convolution.channels = static_cast<int>(region.source_channels.size());
      convolution.channel_offset = region.first_channel;
      set_identity(in, &convolution);
      lowered.convolutions.push_back(std::move(convolution));
    }
    return lowered;
  }

  void check_identity(const QuantizedTensor& in, const QuantizedTensor& out) const {
    if (config_.datatypes.activation_bits + 2 > config_.datatypes.accumulator_bits) {
      refuse("moving activations through the array needs datatypes.accumulator_bits of at least " +
             std::to_string(config_.datatypes.activation_bits + 2));
    }
    if (in.scale != out.scale || in.zero_point != out.zero_point) {
      refuse("input '" + in.name + "' has another scale or zero point than the output");
    }
  }

  /// Params and codebooks of the identity.
  void set_identity(const QuantizedTensor& in, Convolution* convolution) const {
    set_identity_codebooks(convolution);
    const Multiplier one = multiplier_of(1.0F, 1.0F, 1.0F, false);
    for (int c = 0; c < convolution->channels; ++c) {
      const std::int64_t bias = -std::int64_t{in.zero_point};
      convolution->params.push_back(checked_entry(bias, one, greatest_accumulator(bias, 1), c));
    }
  }

  /// Concat and Pad: the identity through the array, one convolution per input.
  LoweredLayer lower_move() const {
    const QuantizedTensor& out = tensor(layer_->output);
    LoweredLayer lowered;
    lowered.post = post_template(PostOp::kRequantize);
    std::int64_t offset = 0;
    for (const int index : layer_->inputs) {
      const QuantizedTensor& in = tensor(index);
      check_identity(in, out);
      Convolution convolution;
      convolution.input = index;
      if (layer_->op == LayerOp::kPad) convolution.window = layer_->window;
      convolution.window.kernel_height = convolution.window.kernel_width = 1;
      convolution.channels = static_cast<int>(in.shape[1]);
      const auto axis = static_cast<std::size_t>(layer_->op == LayerOp::kConcat ? layer_->axis : 1);
      if (axis == 1) {
        convolution.channel_offset = static_cast<int>(offset);
      } else {
        convolution.lattice = {axis == 2 ? offset : 0, axis == 3 ? offset : 0, 1, 1, in.shape[2], in.shape[3]};
      }
      set_identity(in, &convolution);
      offset += in.shape[axis];
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
  std::vector<StoredRange> ranges_;  ///< by tensor; presets of 16 x 8 bits
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

Region region_of(const Window& w, const Region& out, const Shape& shape) {
  const Range y =
      window_range(out.y, out.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, shape[2]);
  const Range x =
      window_range(out.x, out.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, shape[3]);
  return {y.first, x.first, y.count, x.count};
}

}  // namespace

std::vector<LoweredLayer> lower(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  return Lowering(network, config).run();
}

Region input_region(const LoweredLayer& lowered, int tensor, const Region& out, const QuantizedNetwork& network) {
  const auto op = static_cast<PostOp>(lowered.post.op);
  const bool second = tensor == lowered.inputs.back() && tensor != lowered.inputs.front();
  if (repeats_pixel(op) && second) return {0, 0, 1, 1};
  if (adds(op) || multiplies(op) || op == PostOp::kLookup) return out;
  const Shape& shape = nth(network.tensors, tensor).shape;
  if (lowered.convolutions.empty()) return region_of(lowered.window, out, shape);
  Region needed;
  for (const Convolution& convolution : lowered.convolutions) {
    if (convolution.input != tensor) continue;
    const Region part = convolution.lattice.indices_in(out);
    if (part.height > 0) needed = join(needed, window_region(convolution, part, shape));
  }
  return needed;
}

Region window_region(const Convolution& convolution, const Region& part, const Shape& input) {
  return region_of(convolution.window, part, input);
}

int blocks_of(const QuantizedTensor& tensor, const AcceleratorConfig& config) {
  return static_cast<int>((tensor.shape[1] + config.array.rows - 1) / config.array.rows);
}

}  // namespace systoliq::model
