// SPDX-License-Identifier: Apache-2.0
// Integers that travel as float, taken back into int32 for exact arithmetic. Internal to the importer.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/frontend/graph/quantization_parameters.h"

namespace systoliq::sw_ref {

/// Scale (input `scale`) and zero point (the input behind it) of a node that passed the operator rules.
inline QuantizationParameters parameters_of(const NodeView& view, std::size_t scale, std::int64_t channels) {
  return quantization_parameters(view, scale, scale + 1, "operand", channels, ElementType::kUint8);
}

/// x - zero point of its channel, the channels being those of the layout.
inline std::vector<std::int32_t> centered(const FloatTensor& x, const QuantizationParameters& parameters,
                                          const AxisLayout& layout) {
  std::vector<std::int32_t> values(x.data.size());
  std::size_t next = 0;
  for (std::int64_t row = 0; row < layout.outer * layout.channels; ++row) {
    const std::int32_t zero = parameters.zero_point(static_cast<std::size_t>(row % layout.channels));
    for (std::int64_t i = 0; i < layout.inner; ++i, ++next) {
      values[next] = static_cast<std::int32_t>(x.data[next]) - zero;
    }
  }
  return values;
}

/// The tensor as one channel.
inline AxisLayout whole(const FloatTensor& x) { return {1, 1, static_cast<std::int64_t>(x.data.size())}; }

}  // namespace systoliq::sw_ref
