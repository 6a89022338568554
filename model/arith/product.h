// SPDX-License-Identifier: Apache-2.0
// The machine's product of two activations (docs/numerics.md).
#pragma once

#include <cstdint>

#include "model/arith/requantize.h"

namespace systoliq::model {

/// Zero point of a product's output, and the offset of an unsigned output's storage, which only presets that add the
/// zero point first look at.
struct ProductZero {
  std::int32_t zero_point = 0, storage_offset = 0;
};

/// Stored output, before the clamp, of the product of two centered values, scaled as an accumulator is.
std::int64_t scaled_product(Preset preset, std::int64_t centered, const Multiplier& scale, const ProductZero& zero);

}  // namespace systoliq::model
