// SPDX-License-Identifier: Apache-2.0
// The residual add of preset ort_x86 without a float unit: sums of two products, rounded to 24 significant bits.
#pragma once

#include <cstdint>

#include "model/arith/requantize.h"

namespace systoliq::model {

/// What `multiplier_out` means: its lower 24 bits, negative where bit 24 is set, since a command's field has no sign.
std::int64_t addend_significand(std::int32_t multiplier_out);

/// half even(fl(a ra + fl(b rb + f))) in integers, for any scales; limited to +-2^62. ra, rb and f are multiplier *
/// 2^shift of `scales` (f with addend_significand()), and fl() rounds to 24 significant bits, half even.
std::int64_t float_add(std::int32_t a, std::int32_t b, const AddScales& scales);

}  // namespace systoliq::model
