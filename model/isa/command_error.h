// SPDX-License-Identifier: Apache-2.0
// A command that the decoder refuses ends the run with this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/isa/isa_error.h"
#include "types/error.h"

namespace systoliq::model {

/// What the decoder says of a command: why it is bad and in which of its words.
struct Verdict {
  ErrorReason reason = ErrorReason::kNone;
  int word = 0;
  bool bad() const { return reason != ErrorReason::kNone; }
  /// Register error_code.
  std::uint32_t code() const { return static_cast<std::uint32_t>(reason) | static_cast<std::uint32_t>(word) << 8; }
};

class CommandError final : public InternalError {
 public:
  /// `command`: its number in the stream; `cycles`: of the run, -1 where there is no time.
  CommandError(const std::string& what, std::int64_t command, Verdict verdict, std::int64_t cycles)
      : InternalError(what), command_(command), verdict_(verdict), cycles_(cycles) {}
  std::int64_t command() const { return command_; }
  ErrorReason reason() const { return verdict_.reason; }
  int word() const { return verdict_.word; }
  /// The cycles register after the run: the cycle in which it ended, + 1, as with HALT.
  std::int64_t cycles() const { return cycles_; }
  /// Register error_code.
  std::uint32_t code() const { return verdict_.code(); }

  /// What the run has done before it ended.
  struct Done {
    std::vector<std::uint8_t> memory;             ///< final contents; empty at level timing
    std::vector<std::int64_t> command_end_cycle;  ///< per command that was decoded; 0: it was dropped
  };
  void keep(Done done) { done_ = std::make_shared<const Done>(std::move(done)); }
  /// Empty at level functional.
  const Done& done() const { return *done_; }

 private:
  std::int64_t command_;
  Verdict verdict_;
  std::int64_t cycles_;
  std::shared_ptr<const Done> done_ = std::make_shared<const Done>();
};

}  // namespace systoliq::model
