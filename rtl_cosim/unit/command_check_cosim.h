// SPDX-License-Identifier: Apache-2.0
// Co-simulation of the decoder's checks, systoliq_command_check.sv: reason and word of every command as
// model/isa/command_decoder.h has them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/isa/command_decoder.h"

namespace systoliq::rtl {

/// A simulated block.
class CommandCheckUnit {
 public:
  virtual ~CommandCheckUnit() = default;
  virtual const std::string& name() const = 0;
  virtual const model::AcceleratorConfig& config() const = 0;
  /// `claimed`: the command waits for a semaphore that another engine waits for.
  virtual model::Verdict check(const model::CommandWords& words, bool claimed) = 0;
};
/// All builds of this library.
std::vector<std::unique_ptr<CommandCheckUnit>> make_command_check_units();

struct CommandCheckReport {
  std::int64_t commands = 0, refused = 0;
  std::int64_t mismatched_bits = 0;  ///< of reason and word of the first command that differs
  std::string mismatch;              ///< empty: every verdict was the model's
};

/// `commands` (above 0) random ones of all opcodes; stops at the first difference.
CommandCheckReport cosim_command_check(CommandCheckUnit& unit, std::int64_t commands, std::uint64_t seed);

}  // namespace systoliq::rtl
