// SPDX-License-Identifier: Apache-2.0
// Starts and ends, counted.
#include "rtl_cosim/waves/command_follower.h"

#include <algorithm>
#include <array>

#include "rtl_cosim/waves/common_signals.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::array<const char*, 4> kEngines = {"u_load", "u_execute", "u_post", "u_store"};
constexpr std::size_t kFirstEngine = 2;  ///< of the command bodies: LOAD

}  // namespace

CommandFollower::CommandFollower(const std::string& block, const model::Program& program,
                                 const std::vector<traces::VcdReader::Wire>& wires)
    : program_(program) {
  const auto engine = static_cast<std::size_t>(std::find(kEngines.begin(), kEngines.end(), block) - kEngines.begin());
  check(engine < kEngines.size(), "'" + block + "' is no engine");
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    if (program.commands[i].body.index() == kFirstEngine + engine) waiting_.push_back(i);
  }
  const auto wire = [&](const char* name) {
    const std::string path = "systoliq_accelerator." + block + "." + name;
    const auto found =
        std::find_if(wires.begin(), wires.end(), [&](const auto& each) { return model_path(each) == path; });
    check(found != wires.end(), "the RTL has no signal " + path);
    return static_cast<std::size_t>(found - wires.begin());
  };
  valid_ = wire("command_valid_i");
  granted_ = wire("granted_i");
  ready_ = wire("command_ready_o");
  done_ = wire("done_o");
}

void CommandFollower::begin(std::int64_t cycle, const std::vector<std::int64_t>& starts,
                            const std::vector<std::int64_t>& ends) {
  const auto before = [cycle](std::int64_t time) { return time >= 0 && time < cycle; };
  while (!waiting_.empty() && before(starts[waiting_.front()])) {
    const bool ended = ends[waiting_.front()] >= 0 && ends[waiting_.front()] <= cycle;
    if (!ended) under_way_.push_back(waiting_.front());
    waiting_.pop_front();
  }
}

bool CommandFollower::is_set(const traces::VcdReader& reader, std::size_t wire) const {
  return reader.bits(reader.wires()[wire], 0, 1) != 0;
}

void CommandFollower::step(const traces::VcdReader& reader) {
  if (ended_ && !under_way_.empty()) under_way_.pop_front();
  if (is_set(reader, valid_) && is_set(reader, granted_) && is_set(reader, ready_) && !waiting_.empty()) {
    under_way_.push_back(waiting_.front());
    waiting_.pop_front();
  }
  ended_ = is_set(reader, done_);
}

std::int64_t CommandFollower::layer() const {
  return under_way_.empty() ? -1 : program_.commands[under_way_.front()].layer;
}

}  // namespace systoliq::rtl
