// SPDX-License-Identifier: Apache-2.0
// What a file computes of the sums of a ConvInteger or MatMulInteger: a factor, a bias in float, and an integer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

class Rewriting;

namespace forms {

/// One output channel: y = quantize(clip(fl(fl(acc) * factor) + bias)), every operation rounded to float. Clips are
/// those of Relu and Clip, in order; operators that move integers are left out, since the quantization is monotone.
struct BiasedChannel {
  struct Clip {
    float low, high;
  };
  float factor = 1.0F;
  float bias = 0.0F;
  std::vector<Clip> clips;
  ActivationScale output;
  std::int64_t bound = 0;  ///< |acc| is no larger

  /// The file's integer, in the stored domain.
  std::int32_t in_file(std::int64_t sum) const;
  /// That of a layer whose bias is rounded to the scale of the products: round((acc + B) * factor / Sy), half even.
  std::int32_t in_layer(std::int64_t sum) const;
  /// True where both are equal for every sum within the bound.
  bool agrees() const;
  /// The largest sum that has the integer of the lowest one, and the smallest that has that of the highest one.
  std::int64_t low_edge() const;
  std::int64_t high_edge() const;
};

/// The channels behind `mul`, whose factors are `factors` (one, or one a channel): an Add of a constant in float, Relu,
/// Clip and operators that move, and a QuantizeLinear. Nothing where something else follows. `spatial` counts the axes
/// behind the channels'. The bounds are left to the caller.
std::optional<std::vector<BiasedChannel>> biased_channels(const Node& mul, const std::vector<float>& factors,
                                                          std::int64_t channels, std::size_t spatial,
                                                          const Rewriting& rewriting);

}  // namespace forms
}  // namespace systoliq::sw_ref
