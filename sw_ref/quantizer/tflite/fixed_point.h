// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's functions on fixed-point numbers: 32 bits with `integer_bits` bits before the point and a sign, so
// that a number is raw / 2^(31 - integer_bits). Every product is rounded to nearest, ties up, and saturates.
#pragma once

#include <cstdint>

namespace systoliq::sw_ref::fixed {

/// e^a for a <= 0 with integer_bits of 0 to 5, without integer bits.
std::int32_t exp_of_negative(std::int32_t a, int integer_bits);
/// 1 / (1 + x), x in [0, 1], both without integer bits.
std::int32_t one_over_one_plus(std::int32_t x);

/// real = multiplier / 2^31 * 2^shift, multiplier in [2^30, 2^31) or 0 (TensorFlow Lite's QuantizeMultiplier).
struct Multiplier {
  std::int32_t multiplier = 0;
  int shift = 0;
};
/// Throws InputError for a real that is not finite, negative, or 2^31 or more.
Multiplier quantize_multiplier(double real);
/// value * real, rounded twice: the high half of the doubled product, ties up, then the shift, ties away from zero.
std::int32_t multiply(std::int32_t value, const Multiplier& by);
/// The same, rounded once, ties up.
std::int32_t multiply_once(std::int32_t value, const Multiplier& by);
/// How far a value may lie from 0 before its rescaled form leaves integer_bits bits.
std::int32_t input_radius(int integer_bits, int left_shift);

}  // namespace systoliq::sw_ref::fixed
