// SPDX-License-Identifier: Apache-2.0
// The file's integers are steps of the sum, so that they are compared by bisection.
#include "sw_ref/quantizer/qdq/forms/biased_product.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sw_ref/quantizer/qdq/forms/rewriting.h"

namespace systoliq::sw_ref::forms {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// QuantizeLinear: half even(value / S) + Z, the quotient in float.
std::int32_t stored(float value, const ActivationScale& as) {
  const double highest = std::ldexp(1.0, as.bits - 1) - 1.0;
  const double integer = double{std::nearbyint(value / as.scale)} + as.zero_point;
  return static_cast<std::int32_t>(std::clamp(integer, -highest - 1.0, highest));
}

const Node* only_user(const std::string& tensor, const Rewriting& rewriting) {
  const std::vector<const Node*> users = rewriting.users_of(tensor);
  return users.size() == 1 ? users[0] : nullptr;
}

bool moves(const Node& node) {
  static constexpr const char* kMoves[] = {"MaxPool",   "Reshape",  "Flatten",   "Squeeze",
                                           "Unsqueeze", "Identity", "Transpose", "Dropout"};
  return std::any_of(std::begin(kMoves), std::end(kMoves), [&](const char* op) { return node.op == op; });
}

/// Floats of a constant operand; nothing where it is computed, absent or of integers.
const std::vector<float>* constant_floats(const std::string& name, const Rewriting& rewriting) {
  const auto value = rewriting.graph().values.find(name);
  if (value == rewriting.graph().values.end() || !value->second.is_constant) return nullptr;
  return value->second.floats.data.empty() ? nullptr : &value->second.floats.data;
}

/// One bias, or one a channel, of an Add with a constant.
std::optional<std::vector<float>> added(const Node& add, const std::string& sum, std::int64_t channels,
                                        std::size_t spatial, const Rewriting& rewriting) {
  if (add.op != "Add" || !add.domain.empty() || add.inputs.size() != 2) return std::nullopt;
  const std::string& other = add.inputs[add.inputs[0] == sum ? 1 : 0];
  const std::vector<float>* values = constant_floats(other, rewriting);
  if (values == nullptr) return std::nullopt;
  if (values->size() == 1) return *values;
  const Shape& shape = rewriting.graph().values.at(other).shape;
  const bool by_channel = static_cast<std::int64_t>(values->size()) == channels && shape.size() > spatial &&
                          shape[shape.size() - 1 - spatial] == channels;
  return by_channel ? std::optional<std::vector<float>>(*values) : std::nullopt;
}

/// The ends of a Relu or of a Clip with constant operands.
std::optional<BiasedChannel::Clip> clip_of(const Node& node, const Rewriting& rewriting) {
  if (node.op == "Relu") return BiasedChannel::Clip{0.0F, kInfinity};
  if (node.op != "Clip" || node.attributes.count("min") + node.attributes.count("max") != 0) return std::nullopt;
  BiasedChannel::Clip clip{-kInfinity, kInfinity};
  for (std::size_t input = 1; input < node.inputs.size(); ++input) {
    if (node.inputs[input].empty()) continue;
    const std::vector<float>* value = constant_floats(node.inputs[input], rewriting);
    if (value == nullptr || value->size() != 1) return std::nullopt;
    (input == 1 ? clip.low : clip.high) = value->front();
  }
  return clip.low <= clip.high ? std::optional<BiasedChannel::Clip>(clip) : std::nullopt;
}

/// True where both are equal from `low` to `high`; they never fall.
bool equal_between(const BiasedChannel& channel, std::int64_t low, std::int64_t high) {
  if (channel.in_file(low) != channel.in_layer(low) || channel.in_file(high) != channel.in_layer(high)) return false;
  if (high - low <= 1 || channel.in_file(low) == channel.in_file(high)) return true;
  const std::int64_t middle = low + (high - low) / 2;
  return equal_between(channel, low, middle) && equal_between(channel, middle, high);
}

/// The smallest sum whose integer is at least `integer`.
std::int64_t first_at_least(const BiasedChannel& channel, std::int32_t integer) {
  std::int64_t below = -channel.bound - 1, found = channel.bound;
  while (found - below > 1) {
    const std::int64_t middle = below + (found - below) / 2;
    (channel.in_file(middle) >= integer ? found : below) = middle;
  }
  return found;
}

}  // namespace

std::int32_t BiasedChannel::in_file(std::int64_t sum) const {
  const float product = static_cast<float>(sum) * factor;
  float value = product + bias;
  for (const Clip& clip : clips) value = std::clamp(value, clip.low, clip.high);
  return stored(value, output);
}

std::int32_t BiasedChannel::in_layer(std::int64_t sum) const {
  const auto rounded = static_cast<std::int64_t>(std::round(double{bias} / double{factor}));
  const float step = factor / output.scale;
  std::int32_t integer =
      stored(static_cast<float>(sum + rounded) * step, {1.0F, output.zero_point, output.storage_offset, output.bits});
  for (const Clip& clip : clips) integer = std::clamp(integer, stored(clip.low, output), stored(clip.high, output));
  return integer;
}

bool BiasedChannel::agrees() const { return equal_between(*this, -bound, bound); }

std::int64_t BiasedChannel::low_edge() const {
  return in_file(-bound) == in_file(bound) ? bound : first_at_least(*this, in_file(-bound) + 1) - 1;
}

std::int64_t BiasedChannel::high_edge() const { return first_at_least(*this, in_file(bound)); }

std::optional<std::vector<BiasedChannel>> biased_channels(const Node& mul, const std::vector<float>& factors,
                                                          std::int64_t channels, std::size_t spatial,
                                                          const Rewriting& rewriting) {
  const Node* node = only_user(mul.outputs.at(0), rewriting);
  if (node == nullptr) return std::nullopt;
  const std::optional<std::vector<float>> biases = added(*node, mul.outputs[0], channels, spatial, rewriting);
  if (!biases) return std::nullopt;
  BiasedChannel channel;
  node = only_user(node->outputs.at(0), rewriting);
  while (node != nullptr && node->op != "QuantizeLinear") {
    const std::optional<BiasedChannel::Clip> clip = clip_of(*node, rewriting);
    if (!clip && !moves(*node)) return std::nullopt;
    if (clip) channel.clips.push_back(*clip);
    node = only_user(node->outputs.at(0), rewriting);
  }
  if (node == nullptr) return std::nullopt;
  channel.output = activation_scale(rewriting.graph(), *node, 1, ElementType::kUint8);
  std::vector<BiasedChannel> found(static_cast<std::size_t>(channels), channel);
  for (std::size_t c = 0; c < found.size(); ++c) {
    found[c].factor = factors[factors.size() == 1 ? 0 : c];
    found[c].bias = (*biases)[biases->size() == 1 ? 0 : c];
  }
  return found;
}

}  // namespace systoliq::sw_ref::forms
