// SPDX-License-Identifier: Apache-2.0
// RequantShift, y = clip(floor((x * mul + add) / div + 1/2)): what it asks of one channel, and how the machine's one
// rounded product meets it.
#pragma once

#include <cstdint>
#include <optional>

namespace systoliq::sw_ref::forms {

/// One channel: y = limit(floor((x * mul + add) / div + 1/2)) to [low, high]. div is a power of two, mul is not 0.
struct RequantChannel {
  std::int64_t mul = 1, add = 0, div = 1;
  std::int64_t low = -128, high = 127;
};

/// y of one integer, exactly.
std::int64_t requant_shift(const RequantChannel& channel, std::int64_t x);

/// The same y as floor((x * times + bias) * factor + 1/2), limited likewise, for every integer x.
struct ProductForm {
  std::int64_t times = 1, bias = 0;
  float factor = 1.0F;
};

/// The form with the smallest `times`, of at most `most_times` in magnitude (its sign is that of mul): weights are
/// multiplied by it. Nothing where there is none: the additive part then lies between two products.
std::optional<ProductForm> product_form(const RequantChannel& channel, std::int64_t most_times);

}  // namespace systoliq::sw_ref::forms
