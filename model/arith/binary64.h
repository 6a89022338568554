// SPDX-License-Identifier: Apache-2.0
// Multiplication by a double without a float unit: the requantization of litert_16x8's fully connected layers.
#pragma once

#include <cstdint>

#include "model/arith/requantize.h"

namespace systoliq::model {

/// value times a double above 0, rounded half even to 53 significant bits, then half away from zero to an integer,
/// limited to +-2^62. `low` and `high` are the double's halves, of which every one is read as a normal number: 2^52 +
/// its lower 52 bits, times 2^(bits 52 to 62 - 1075).
std::int64_t scale_binary64(std::int64_t value, std::int32_t low, std::int32_t high);

/// The halves of Sx * Sw / Sy in double. Throws InputError where that is not normal, or 128 or more.
Multiplier binary64_multiplier(float scale_x, float scale_w, float scale_y);

}  // namespace systoliq::model
