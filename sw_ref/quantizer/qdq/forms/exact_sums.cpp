// SPDX-License-Identifier: Apache-2.0
// 255 is odd, so that no rest lies half way between two quotients, and every rest has 8 bits. Quotients are joined to
// the input as channels, a few times each, with weights at one tap whose sum is -255. Where the window moves by more
// than one, quotients are repeated to the input's size; where it has groups, each group takes its own.
#include "sw_ref/quantizer/qdq/forms/exact_sums.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "sw_ref/quantizer/qdq/forms/quotient_places.h"
#include "sw_ref/quantizer/qdq/forms/rewriting.h"
#include "types/util/index.h"

namespace systoliq::sw_ref::forms {
namespace {

constexpr std::int64_t kDivisor = 255;
constexpr std::int64_t kMostCopies = 8;                        // of the quotients
constexpr std::int64_t kLargestExact = std::int64_t{1} << 24;  ///< whole numbers below are floats
constexpr std::int64_t kLargestSum = std::int64_t{1} << 31;

struct Range {
  std::int64_t low, high;
};

std::optional<Range> range_of(ElementType type) {
  if (type == ElementType::kUint8) return Range{0, 255};
  return type == ElementType::kInt8 ? std::optional<Range>(Range{-128, 127}) : std::nullopt;
}

/// The one zero point at that operand; 0 where it is absent.
std::optional<std::int64_t> zero_point(const Rewriting& rewriting, const std::string& name) {
  if (name.empty()) return 0;
  const auto found = rewriting.graph().values.find(name);
  if (found == rewriting.graph().values.end() || found->second.integers.data.size() != 1) return std::nullopt;
  return found->second.integers.data[0];
}

class ExactSums final {
 public:
  ExactSums(const Node& node, const Node& quantize, std::vector<BiasedChannel> channels, Rewriting* rewriting)
      : node_(node), quantize_(quantize), channels_(std::move(channels)), rewriting_(*rewriting) {}

  bool fits();
  void write();

 private:
  bool reads_ranges();
  bool finds_tap();
  void bound_sums();
  bool centers_sums();
  std::string weights_with_quotients();
  std::string layer(const std::string& input, const std::string& weights, float scale, const std::string& name);
  std::string gathered(const std::string& data, std::int64_t axis, const std::vector<std::int64_t>& places);
  std::string quantized(const std::string& real, const std::string& scale, const std::string& zero, ElementType type);
  std::string whole(const std::string& real);
  std::string host(const char* op, const std::vector<std::string>& inputs, const char* name);
  std::int64_t outputs() const { return static_cast<std::int64_t>(channels_.size()); }

  const Node& node_;
  const Node& quantize_;
  std::vector<BiasedChannel> channels_;
  Rewriting& rewriting_;
  const Value* weights_ = nullptr;
  const bool convolution_ = node_.op == "ConvInteger";
  Range x_ = {}, w_ = {};  ///< of integers
  std::int64_t x_zero_ = 0, w_zero_ = 0;
  QuotientPlaces places_;
  std::vector<std::int64_t> centers_;       ///< c, by channel
  std::vector<std::int64_t> coefficients_;  ///< of the copies of a quotient; their sum is -255
};

bool ExactSums::fits() {
  weights_ = &rewriting_.value_of(node_, 1);
  if (!reads_ranges() || !finds_tap()) return false;
  bound_sums();
  const auto in_reach = [](const BiasedChannel& channel) { return channel.bound < kLargestSum; };
  if (!std::all_of(channels_.begin(), channels_.end(), in_reach)) return false;
  if (std::all_of(channels_.begin(), channels_.end(), [](const BiasedChannel& c) { return c.agrees(); })) return false;
  const std::int64_t reach = std::min<std::int64_t>(w_zero_ - w_.low, kDivisor);  // of a weight below its zero point
  if (reach * kMostCopies < kDivisor) return false;
  for (std::int64_t rest = kDivisor; rest > 0; rest -= reach) coefficients_.push_back(-std::min(rest, reach));
  return centers_sums();
}

bool ExactSums::reads_ranges() {
  const Value& x = rewriting_.value_of(node_, 0);
  const std::optional<Range> x_range = range_of(x.type), w_range = range_of(weights_->type);
  const std::optional<std::int64_t> x_zero = zero_point(rewriting_, operand(quantize_, 2));
  const std::optional<std::int64_t> x_own = zero_point(rewriting_, operand(node_, 2));
  const std::optional<std::int64_t> w_zero = zero_point(rewriting_, operand(node_, 3));
  if (!x_range || !w_range || !x_zero || !w_zero || x_own != x_zero) return false;
  if (rewriting_.bits_of(operand(node_, 0)) != 0) return false;
  x_ = *x_range;
  w_ = *w_range;
  x_zero_ = *x_zero;
  w_zero_ = *w_zero;
  return true;
}

/// One of the window's taps reads, at every output, a place that has the output's quotient.
bool ExactSums::finds_tap() {
  const Shape& in = rewriting_.value_of(node_, 0).shape;
  const Shape& out = rewriting_.graph().values.at(node_.outputs.at(0)).shape;
  if (!convolution_) return in.size() == 2 && weights_->shape.size() == 2;
  const std::optional<QuotientPlaces> places = quotient_places(node_, in, weights_->shape, out);
  if (places) places_ = *places;
  return places.has_value();
}

/// |acc| <= sum |w - Zw| * max |x - Zx|.
void ExactSums::bound_sums() {
  const std::int64_t largest = std::max(x_.high - x_zero_, x_zero_ - x_.low);
  const std::size_t filter = weights_->integers.data.size() / channels_.size();
  for (std::size_t i = 0; i < weights_->integers.data.size(); ++i) {
    const std::size_t channel = convolution_ ? i / filter : i % channels_.size();
    channels_[channel].bound += std::abs(weights_->integers.data[i] - w_zero_) * largest;
  }
}

/// c such that quotients and rests reach all sums on which the file's integer depends.
bool ExactSums::centers_sums() {
  const std::int64_t lowest = x_.low - x_zero_, highest = x_.high - x_zero_;  // quotients
  const std::int64_t reached = kDivisor * (highest - lowest) + 255;
  for (const BiasedChannel& channel : channels_) {
    const std::int64_t low = channel.low_edge();
    const std::int64_t slack = reached - std::max<std::int64_t>(channel.high_edge() - low, 0);
    if (slack < 0) return false;
    centers_.push_back(low - slack / 2 + 128 - kDivisor * lowest);
    if (std::abs(centers_.back()) + channel.bound >= kLargestSum) return false;
    if (std::abs(centers_.back()) >= kLargestExact) return false;
  }
  return true;
}

/// Input channels for the quotients behind those that there are.
std::string ExactSums::weights_with_quotients() {
  const std::size_t n = channels_.size();
  const std::size_t given = weights_->integers.data.size() / n;  // weights of a channel
  const std::size_t taps = convolution_ ? given / static_cast<std::size_t>(weights_->shape[1]) : 1;
  const std::size_t each = n / static_cast<std::size_t>(places_.groups);  // quotients of a group
  const std::size_t all = given + coefficients_.size() * each * taps;
  std::vector<std::int64_t> values(n * all, w_zero_);
  const auto at = [&](std::size_t channel, std::size_t i) -> std::int64_t& {
    return convolution_ ? values[channel * all + i] : values[i * n + channel];
  };
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t i = 0; i < given; ++i) {
      at(c, i) = weights_->integers.data[convolution_ ? c * given + i : i * n + c];
    }
    for (std::size_t copy = 0; copy < coefficients_.size(); ++copy) {
      at(c, given + (copy * each + c % each) * taps + places_.tap) += coefficients_[copy];
    }
  }
  Shape shape = weights_->shape;
  shape[convolution_ ? 1 : 0] += static_cast<std::int64_t>(coefficients_.size() * each);
  return rewriting_.add_integers(node_.name + ".rest.weight", weights_->type, shape, std::move(values));
}

/// The sums of `input` with integers `weights` at `scale`, less c, in float.
std::string ExactSums::layer(const std::string& input, const std::string& weights, float scale,
                             const std::string& name) {
  const float scale_x = rewriting_.value_of(quantize_, 1).floats.data.at(0);
  Node named = node_;
  named.name = name;
  const std::string weight_scale = rewriting_.add_floats(name + ".weight.scale", {}, {scale});
  const std::string bias_scale = rewriting_.add_floats(name + ".bias.scale", {}, {scale_x * scale});
  std::vector<std::int64_t> biases;
  for (const std::int64_t center : centers_) biases.push_back(-center);
  const std::string bias = rewriting_.add_integers(name + ".bias", ElementType::kInt32, {outputs()}, std::move(biases));
  const std::vector<std::string> inputs = {
      input, rewriting_.dequantize(named, weights, weight_scale, operand(node_, 3), convolution_ ? 0 : 1),
      rewriting_.dequantize(named, bias, bias_scale, "")};
  const std::string output =
      rewriting_.add_tensor(name + ".real", Shape(rewriting_.graph().values.at(node_.outputs.at(0)).shape));
  rewriting_.emit(Rewriting::renamed(named, convolution_ ? "Conv" : "Gemm", inputs, output));
  return output;
}

/// The places of an axis that are named, in that order; `data` itself where none are.
std::string ExactSums::gathered(const std::string& data, std::int64_t axis, const std::vector<std::int64_t>& places) {
  if (places.empty()) return data;
  const auto count = static_cast<std::int64_t>(places.size());
  Shape shape = rewriting_.graph().values.at(data).shape;
  nth(shape, axis) = count;
  Node node;
  node.op = "Gather";
  node.inputs = {data, rewriting_.add_integers(node_.name + ".places", ElementType::kInt64, {count}, places)};
  node.outputs = {rewriting_.add_tensor(node_.name + ".gathered", shape)};
  node.name = node.outputs[0];
  node.attributes["axis"] = axis;
  rewriting_.emit(node);
  return node.name;
}

/// The dequantized integers of a float tensor.
std::string ExactSums::quantized(const std::string& real, const std::string& scale, const std::string& zero,
                                 ElementType type) {
  Node quantize;
  quantize.op = "QuantizeLinear";
  quantize.inputs = {real, scale};
  if (!zero.empty()) quantize.inputs.push_back(zero);
  quantize.outputs = {rewriting_.add_tensor(real + ".stored", Shape(rewriting_.graph().values.at(real).shape))};
  quantize.name = quantize.outputs[0];
  rewriting_.set_type(quantize.name, type);
  rewriting_.emit(quantize);
  return rewriting_.dequantize(quantize, quantize.name, scale, zero);
}

std::string ExactSums::host(const char* op, const std::vector<std::string>& inputs, const char* name) {
  Node node;
  node.op = op;
  node.inputs = inputs;
  node.outputs = {
      rewriting_.add_tensor(node_.name + "." + name, Shape(rewriting_.graph().values.at(node_.outputs.at(0)).shape))};
  node.name = node.outputs[0];
  rewriting_.emit(node);
  return node.name;
}

/// The whole numbers whose products with the input's scale a tensor holds.
std::string ExactSums::whole(const std::string& real) {
  return host("Round", {host("Div", {real, operand(quantize_, 1)}, "quotient")}, "whole");
}

void ExactSums::write() {
  const std::string& scale = operand(quantize_, 1);
  const std::string& zero = operand(quantize_, 2);
  const ElementType type = rewriting_.value_of(node_, 0).type;
  const std::string x = rewriting_.dequantize(node_, operand(node_, 0), scale, zero);
  const float step = 1.0F / static_cast<float>(kDivisor);
  const std::string high = quantized(layer(x, operand(node_, 1), step, node_.name + ".high"), scale, zero, type);
  Shape joined_shape = rewriting_.graph().values.at(x).shape;
  std::string spread = high;
  if (!places_.rows.empty() || !places_.columns.empty()) {
    const auto last = static_cast<std::int64_t>(joined_shape.size()) - 1;
    spread = quantized(
        gathered(gathered(high, 2, last == 3 ? places_.rows : std::vector<std::int64_t>{}), last, places_.columns),
        scale, zero, type);
  }
  joined_shape[1] += static_cast<std::int64_t>(coefficients_.size()) * outputs();
  Node join;
  join.name = node_.name + ".joined";
  join.op = "Concat";
  join.inputs = {x};
  join.inputs.insert(join.inputs.end(), coefficients_.size(), spread);
  join.outputs = {rewriting_.add_tensor(join.name, joined_shape)};
  join.attributes["axis"] = std::int64_t{1};
  rewriting_.emit(join);
  const auto inputs = rewriting_.graph().values.at(x).shape.at(1);
  const std::vector<std::int64_t> order =
      channels_by_group(places_.groups, inputs, outputs(), static_cast<std::int64_t>(coefficients_.size()));
  const std::string joined = quantized(gathered(join.outputs[0], 1, order), scale, zero, type);
  const std::string zero_of_rest = rewriting_.add_integers(node_.name + ".rest.zero", ElementType::kInt8, {}, {0});
  const std::string low = quantized(layer(joined, weights_with_quotients(), 1.0F, node_.name + ".rest"), scale,
                                    zero_of_rest, ElementType::kInt8);
  const std::string divisor = rewriting_.add_floats(node_.name + ".divisor", {}, {static_cast<float>(kDivisor)});
  const std::string sum = host("Add", {host("Mul", {whole(high), divisor}, "multiple"), whole(low)}, "sum");
  Shape shape(rewriting_.graph().values.at(node_.outputs.at(0)).shape.size() - 1, 1);
  shape[0] = outputs();
  std::vector<float> centers(centers_.begin(), centers_.end());
  const std::string center = rewriting_.add_floats(node_.name + ".center", shape, std::move(centers));
  rewriting_.set_type(node_.outputs.at(0), ElementType::kFloat);
  rewriting_.emit(Rewriting::renamed(Node{node_.name, "Add", "", {}, {}, {}}, "Add", {sum, center}, node_.outputs[0]));
}

}  // namespace

bool rewrite_as_exact_sums(const Node& node, const Node& quantize, std::vector<BiasedChannel> channels,
                           Rewriting* rewriting) {
  ExactSums sums(node, quantize, std::move(channels), rewriting);
  if (!sums.fits()) return false;
  sums.write();
  return true;
}

}  // namespace systoliq::sw_ref::forms
