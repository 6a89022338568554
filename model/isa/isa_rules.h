// SPDX-License-Identifier: Apache-2.0
// The rules by which fields within their ranges fit together, in the order in which they are checked; each names the
// field (and so the word) that it reports. All sums fit 64 bits with sign if the rules before hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/isa/command.h"
#include "model/isa/isa_bound.h"

namespace systoliq::model {

struct RuleSpec {
  std::string field;  ///< the one that is reported
  std::string when;   ///< "" always, else the condition in words
  std::string holds;  ///< what must hold, in words
};

/// The rules of an opcode in their order; none for HALT and FENCE.
const std::vector<RuleSpec>& isa_rules(Opcode opcode);

/// The number, from 0, of the first rule that a command breaks whose fields are within their ranges.
std::optional<int> broken_rule(const Command& command, const AcceleratorConfig& config);

}  // namespace systoliq::model
