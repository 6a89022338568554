// SPDX-License-Identifier: Apache-2.0
// Who wants to see a run command by command, with the buffers as they are then; the machine does not know why.
#pragma once

#include <cstdint>

#include "model/functional/storage.h"

namespace systoliq::model {

/// `command` is an index into Program::commands. Cycles are 0 where the machine has no clock. Whoever observes must not
/// write to `state`.
class CommandObserver {
 public:
  virtual ~CommandObserver() = default;
  /// The command starts, of an EXECUTE the stream: the buffers hold what it will read.
  virtual void started(std::int64_t command, std::int64_t cycle, Storage& state) = 0;
  /// The command has ended: the buffers hold what it wrote. The cycle is that of RunResult::command_end_cycle.
  virtual void ended(std::int64_t command, std::int64_t cycle, Storage& state) = 0;
  /// Level cycle: in this cycle a POST writes `lanes` lanes from lane `lane` of activation word `address` on; those
  /// that do not fit this word go on in the next ones.
  virtual void activations_written(std::int64_t /*command*/, std::int64_t /*cycle*/, std::int64_t /*address*/,
                                   int /*lane*/, int /*lanes*/) {}
};

}  // namespace systoliq::model
