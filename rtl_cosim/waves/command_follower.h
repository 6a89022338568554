// SPDX-License-Identifier: Apache-2.0
// Which command an engine of the RTL works on, told by its handshake alone: commands start in the order of the program.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "model/isa/program.h"
#include "traces/vcd_reader.h"

namespace systoliq::rtl {

class CommandFollower final {
 public:
  /// The engine called `block`, as u_load, whose handshake is among the wires. Throws InternalError for another block.
  CommandFollower(const std::string& block, const model::Program& program,
                  const std::vector<traces::VcdReader::Wire>& wires);
  /// Before the first step: commands that the model started before `cycle` are assumed to have started here too, and
  /// those that it has seen end by then to have ended; -1: not yet.
  void begin(std::int64_t cycle, const std::vector<std::int64_t>& starts, const std::vector<std::int64_t>& ends);
  /// Once a cycle, in order.
  void step(const traces::VcdReader& reader);
  /// Of the oldest command under way; -1: none.
  std::int64_t command() const { return under_way_.empty() ? -1 : static_cast<std::int64_t>(under_way_.front()); }
  std::int64_t layer() const;

 private:
  bool is_set(const traces::VcdReader& reader, std::size_t wire) const;

  const model::Program& program_;
  std::size_t valid_ = 0, granted_ = 0, ready_ = 0, done_ = 0;  ///< wires
  std::deque<std::size_t> waiting_, under_way_;                 ///< indices of commands
  bool ended_ = false;                                          ///< in the cycle before
};

}  // namespace systoliq::rtl
