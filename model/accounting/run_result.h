// SPDX-License-Identifier: Apache-2.0
// What a run of a program returns, at whatever level.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/accounting/counters.h"
#include "types/tensor.h"

namespace systoliq::model {

enum class Level { kFunctional, kTiming, kTransaction, kCycle };
Level parse_level(const std::string& name);  ///< throws InputError

struct RunResult {
  std::int64_t cycles = 0;  ///< empty (0) at level functional
  std::vector<LayerCounters> layers;
  std::vector<std::int64_t> command_end_cycle;  ///< per command, completion time
  std::vector<std::uint8_t> memory;             ///< final contents (empty at level timing)
  std::vector<IntTensor> tensors;  ///< what Program::probes saw, indexed as the network's; empty if unasked
};

}  // namespace systoliq::model
