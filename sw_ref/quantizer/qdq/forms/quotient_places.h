// SPDX-License-Identifier: Apache-2.0
// Where a convolution over its own quotients finds them: the geometry of exact_sums.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref::forms {

struct QuotientPlaces {
  std::size_t tap = 0;  ///< of the kernel: the one through which an output reads its own quotient
  /// Of quotients, by row and by column of the input; empty: the same place.
  std::vector<std::int64_t> rows, columns;
  std::int64_t groups = 1;
};

/// The quotient at output place o lies at all input places from o * stride to the next output's. Nothing where no tap
/// reads one of them at every output.
std::optional<QuotientPlaces> quotient_places(const Node& convolution, const Shape& in, const Shape& weights,
                                              const Shape& out);

/// Channels of the input and of `copies` times the quotients, joined in this order, as the groups of a convolution take
/// them: of each group its own input, then its quotients, `copies` times. Empty for a single group.
std::vector<std::int64_t> channels_by_group(std::int64_t groups, std::int64_t inputs, std::int64_t outputs,
                                            std::int64_t copies);

}  // namespace systoliq::sw_ref::forms
