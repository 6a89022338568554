// SPDX-License-Identifier: Apache-2.0
// The RTL's clock drives the model's.
#include "rtl_cosim/waves/core_waves.h"

#include <utility>

#include "model/hw/cycle/execute.h"
#include "types/error.h"

/// SystemC's library asks for it; in programs that run the model's machine too there is another one.
__attribute__((weak)) int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace systoliq::rtl {
namespace {

/// The engine alone, between a queue of one command and buffers that hold `state`.
class ClockedCore final {
 public:
  ClockedCore(const CoreFailure& failure, model::TraceSink& trace) : ungranted_(failure.ungranted), trace_(trace) {
    machine_.trace = &trace;
    machine_.context.configure(failure.state.config, model::Level::kCycle, 1);
    machine_.context.state = failure.state;
    semaphores_.clear();
    execute_.clear();
    program_.layer_names = {"core"};
    program_.commands = {failure.command};
    model::Command& command = program_.commands.front();
    command.layer = 0;
    command.wait = ungranted_ > 0 ? 1 : 0;
    command.signal = 0;
    trace.enter("systoliq_accelerator");
    execute_.declare(trace);
    trace.leave();
    trace.begin(program_);
    execute_.push(machine_.context.dispatched(0), command);
  }

  void step() {
    ++machine_.cycle;
    execute_.retire();
    execute_.show();
    trace_.latch();
    if (ungranted_ > 0 && machine_.cycle == ungranted_ + 1) {
      semaphores_.signal(1, model::StallCause::kOther, model::Engine::kLoad, 0);
    }
    execute_.start();
    execute_.step();
    trace_.sample(machine_.cycle);
  }

 private:
  std::int64_t ungranted_;
  model::TraceSink& trace_;
  model::Program program_;
  model::cycle::Machine machine_;
  model::cycle::Semaphores semaphores_{"wave_semaphores", machine_};
  model::cycle::ExecuteBlock execute_{"wave_execute", machine_, semaphores_};
};

/// Steps the model whenever the RTL has been stepped.
class Driver final : public DeviceTrace {
 public:
  Driver(WavePair& pair, std::int64_t before) : pair_(pair), before_(before) {}
  void follow(ClockedCore* core) { core_ = core; }

  void feed(std::string_view vcd) override { pair_.feed(vcd); }
  bool wants(std::int64_t cycle) override { return core_ != nullptr && pair_.wants(cycle - before_); }
  void shown(std::int64_t cycle) override {
    pair_.shown(cycle - before_);
    core_->step();
  }

 private:
  WavePair& pair_;
  std::int64_t before_;
  ClockedCore* core_ = nullptr;
};

}  // namespace

WaveReport write_core_waves(CoreDevice& device, const CoreFailure& failure, const WaveOptions& options) {
  WavePair pair(options, device.config(), 1, failure.cycles);
  model::MachineState state = failure.state;
  device.reset();
  device.load(state);
  Driver driver(pair, device.cycle() - 1);
  device.trace(&driver);
  ClockedCore core(failure, pair);
  driver.follow(&core);
  try {
    device.execute(failure.command, 0, failure.ungranted, 2 * failure.cycles + 100);
  } catch (const InternalError&) {  // an assertion of the RTL, or no end: what was seen until then is shown
  }
  device.trace(nullptr);
  return pair.finish();
}

}  // namespace systoliq::rtl
