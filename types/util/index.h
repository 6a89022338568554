// SPDX-License-Identifier: Apache-2.0
// Elements by signed index: the one conversion to std::size_t that a subscript needs.
#pragma once

#include <cstddef>
#include <type_traits>

namespace systoliq {

/// values[index]. The index must lie in the container, as for a subscript; it may have any integral or enumeration
/// type.
template <typename Values, typename Index>
constexpr decltype(auto) nth(Values&& values, Index index) {
  static_assert(std::is_integral_v<Index> || std::is_enum_v<Index>, "an index is a whole number");
  return values[static_cast<std::size_t>(index)];
}

}  // namespace systoliq
