// SPDX-License-Identifier: Apache-2.0
// Columns of text, aligned for people.
#pragma once

#include <string>
#include <vector>

namespace systoliq::tb {

using Rows = std::vector<std::vector<std::string>>;

/// The first row is a header and is underlined. The first `left` columns are aligned to the left, the rest to the
/// right. Every text is escaped by shown().
std::string align(const Rows& texts, std::size_t left);

}  // namespace systoliq::tb
