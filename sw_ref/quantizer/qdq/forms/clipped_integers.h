// SPDX-License-Identifier: Apache-2.0
// A width below that of the type, given by the ends of a range.
#pragma once

#include <cstdint>
#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

class Rewriting;

namespace forms {

/// Ends of the integers, and the fewest bits (2 or more) that hold them with their sign.
struct IntegerRangeOfBits {
  std::int64_t low = 0, high = 0;
  bool is_unsigned = false;
  int bits = 2;

  /// What `bits` hold.
  std::int64_t lowest() const { return is_unsigned ? 0 : -(std::int64_t{1} << (bits - 1)); }
  std::int64_t highest() const { return (std::int64_t{1} << (is_unsigned ? bits : bits - 1)) - 1; }
};
IntegerRangeOfBits range_of_bits(std::int64_t low, std::int64_t high, bool is_unsigned);

/// The float tensor `real` limited to what [low, high] stands for, where that is less than the width says; `scale` and
/// `zero` are those of its integers. Throws InputError naming `node` where the tensor is an input of the network.
std::string limit_to(const Node& node, const std::string& real, const IntegerRangeOfBits& range, float scale,
                     std::int64_t zero, Rewriting* rewriting);

/// A QuantizeLinear of `real` with its width; the integers bear the name `output`.
void emit_quantize(const Node& node, const std::string& real, const std::string& scale, const std::string& zero,
                   int bits, const std::string& output, Rewriting* rewriting);
/// A DequantizeLinear with a width; the reals bear the name `output`.
void emit_dequantize(const Node& node, const std::string& integers, const std::string& scale, const std::string& zero,
                     int bits, std::int64_t axis, const std::string& output, Rewriting* rewriting);

}  // namespace forms
}  // namespace systoliq::sw_ref
