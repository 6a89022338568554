// SPDX-License-Identifier: Apache-2.0
// Steps the RTL and tells the ends of commands, which every engine reaches in the order of the program.
#include "rtl_cosim/accelerator/observed_run.h"

#include <array>
#include <deque>
#include <string>

#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kPatience = 10'000'000;  ///< cycles in which some command must end

}  // namespace

void run_observed(AcceleratorDevice& device, const model::Program& program, const std::vector<std::uint8_t>& memory,
                  model::CommandObserver& observer) {
  std::array<std::deque<std::int64_t>, 4> pending;  // per engine
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const std::size_t opcode = program.commands[i].body.index();
    const auto first = static_cast<std::size_t>(model::Opcode::kLoad);
    if (opcode >= first) pending[opcode - first].push_back(static_cast<std::int64_t>(i));
  }
  device.start(program.command_address, static_cast<std::uint32_t>(program.commands.size()), memory);
  std::int64_t last_end = 0;
  for (bool interrupt = false; !interrupt;) {
    const std::int64_t cycle = device.cycle();
    const AcceleratorEvents events = device.step();
    for (std::size_t engine = 0; engine < pending.size(); ++engine) {
      if (!events.done[engine]) continue;
      check(!pending[engine].empty(),
            "the RTL ends a command that it was not given, in cycle " + std::to_string(cycle));
      const std::int64_t command = pending[engine].front();
      pending[engine].pop_front();
      observer.started(command, 0, device.state());
      observer.ended(command, cycle + 1, device.state());  // the cycle whose edge makes its results visible
      last_end = cycle;
    }
    interrupt = events.interrupt;
    check(cycle - last_end < kPatience, "the RTL ended no command for too long before cycle " + std::to_string(cycle));
  }
}

}  // namespace systoliq::rtl
