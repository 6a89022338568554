// SPDX-License-Identifier: Apache-2.0
// The sum of one output as a table: reference, model and RTL beside each other.
#pragma once

#include <string>
#include <vector>

#include "tb/explain/explanation.h"

namespace systoliq::tb {

struct ShownSide {
  const char* name = "";
  const ExplainedSide* side = nullptr;
  bool adds = true;  ///< false: only its operands are to be seen
};

/// A row for every product and one for the accumulator after every pass; `brief`: the passes alone.
std::string product_table(const std::vector<ShownSide>& sides, bool brief);

}  // namespace systoliq::tb
