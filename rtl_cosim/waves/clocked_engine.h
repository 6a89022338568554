// SPDX-License-Identifier: Apache-2.0
// One engine of level cycle alone, driven by the clock of an RTL engine that runs the same command.
#pragma once

#include <cstdint>
#include <exception>
#include <string_view>

// clang-format off
#include "rtl_cosim/waves/wave_pair.h"  // before SystemC, which would put Verilator's headers into another mode
#include "model/cycle/execute.h"
#include "model/cycle/post.h"
// clang-format on

namespace systoliq::rtl {

/// The block, ExecuteBlock or PostBlock, works between a queue of one command and buffers of its own that hold `state`;
/// it is stepped whenever the RTL has been. SystemC takes no further module once a process has run the model's machine
/// (model/run_program.h).
template <typename Block>
class ClockedEngine final : public DeviceTrace {
 public:
  ClockedEngine(WavePair& pair, const model::Storage& state, const model::Command& command, std::int64_t ungranted);

  /// When the RTL has named its signals: names the model's.
  void declare();
  /// The same, and offers the command. The RTL's cycle `before` + 1 is the one in which the command is offered.
  void begin(std::int64_t before);
  /// When the RTL has run. Throws what the model threw meanwhile.
  void end() const;

  void feed(std::string_view vcd) override { pair_.feed(vcd); }
  bool wants(std::int64_t cycle) override { return begun_ && pair_.wants(cycle - before_); }
  void shown(std::int64_t cycle) override;

 private:
  void step();

  WavePair& pair_;
  std::int64_t ungranted_, before_ = 0;
  bool begun_ = false;
  std::exception_ptr failure_;
  model::Program program_;
  model::cycle::Machine machine_;
  model::cycle::Semaphores semaphores_{"wave_semaphores", machine_};
  Block block_{"wave_engine", machine_, semaphores_};
};

}  // namespace systoliq::rtl
