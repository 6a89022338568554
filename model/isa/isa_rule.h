// SPDX-License-Identifier: Apache-2.0
// A rule as the files of rules write it: a text and a predicate. Only for those files.
#pragma once

#include <vector>

#include "model/isa/isa_rules.h"

namespace systoliq::model {

using Wide = std::int64_t;

template <typename Body>
struct Rule {
  RuleSpec spec;
  bool (*holds)(const Body&, const AcceleratorConfig&);  ///< true also where `when` does not apply
};

/// Words from `address` on that lie `count` - 1 times `pitch` apart, one such step for each pair.
struct Extent {
  Wide lowest, highest;
  Extent& step(Wide count, Wide pitch) {
    const Wide last = (count - 1) * pitch;
    (last < 0 ? lowest : highest) += last;
    return *this;
  }
  bool within(Wide words) const { return lowest >= 0 && highest < words; }
};
inline Extent from(Wide address) { return {address, address}; }

const std::vector<Rule<Load>>& load_rules();
const std::vector<Rule<Execute>>& execute_rules();
const std::vector<Rule<Post>>& post_rules();
const std::vector<Rule<Store>>& store_rules();

}  // namespace systoliq::model
