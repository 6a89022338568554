// SPDX-License-Identifier: Apache-2.0
// The decoder's checks, the same at every level. RTL: systoliq_command_check.sv.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/isa/command_error.h"
#include "model/isa/isa_table.h"

namespace systoliq::model {

/// Whose commands are judged: those of the functional and transaction-level model, or of the RTL and level cycle, which
/// lack POST's last operations and presets.
enum class Operations { kModel, kRtl };

class CommandDecoder final {
 public:
  /// For the commands of one run.
  explicit CommandDecoder(const AcceleratorConfig& config, Operations operations = Operations::kModel);

  /// Judges the next command of the stream: unknown opcode, then reserved bits and words, then ranges, then the rules
  /// of isa_rules.h, then semaphores that another engine awaits already; within each in ascending order.
  Verdict check(const CommandWords& words);

  /// What to throw for a command of that number with that verdict: names opcode, field, value and what is accepted.
  CommandError error(std::int64_t command, const CommandWords& words, Verdict verdict, std::int64_t cycles) const;

 private:
  struct Range {
    std::int64_t lowest, highest;
  };
  Verdict check_reserved(const CommandWords& words) const;
  Verdict check_ranges(const CommandWords& words) const;
  Verdict check_semaphores(const CommandWords& words);
  std::string describe(std::int64_t command, const CommandWords& words, Verdict verdict) const;
  std::string describe_semaphore(std::int64_t command, const CommandWords& words) const;

  AcceleratorConfig config_;
  std::array<std::vector<Range>, kOpcodes> ranges_;
  std::array<std::uint16_t, kOpcodes> awaited_{};  ///< semaphores that commands of this opcode have waited for
};

}  // namespace systoliq::model
