// SPDX-License-Identifier: Apache-2.0
// Names of the levels.
#include "model/accounting/run_result.h"

#include "types/error.h"

namespace systoliq::model {

Level parse_level(const std::string& name) {
  if (name == "functional") return Level::kFunctional;
  if (name == "timing") return Level::kTiming;
  if (name == "transaction") return Level::kTransaction;
  if (name == "cycle") return Level::kCycle;
  throw InputError("unknown level '" + name + "'; accepted: functional, timing, transaction, cycle");
}

}  // namespace systoliq::model
