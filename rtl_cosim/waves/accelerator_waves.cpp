// SPDX-License-Identifier: Apache-2.0
// The model's clock drives the RTL's.
#include "rtl_cosim/waves/accelerator_waves.h"

#include <algorithm>

#include "model/run_program.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kLookBack = 20'000;  ///< cycles before a divergence in which signals are compared

/// Ends the model's run.
struct Enough {};

/// Traces while it lives.
class Tracing final {
 public:
  Tracing(AcceleratorDevice& device, DeviceTrace& trace) : device_(device) { device_.trace(&trace); }
  ~Tracing() { device_.trace(nullptr); }
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

 private:
  AcceleratorDevice& device_;
};

}  // namespace

WaveReport write_accelerator_waves(AcceleratorDevice& device, const model::Program& program,
                                   const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                                   const Divergence* divergence, const WaveOptions& options) {
  const std::int64_t seen = divergence != nullptr ? divergence->cycle : -1;
  const bool cycles = options.window.kind == traces::TraceWindow::Kind::kCycles;
  const std::int64_t fixed_from = cycles ? options.window.first : 1;
  const std::int64_t from = std::max<std::int64_t>(1, options.fixed ? fixed_from : seen - kLookBack);
  WavePair pair(options, config, from, seen);
  try {
    device.start(program.command_address, static_cast<std::uint32_t>(program.commands.size()), memory);
  } catch (const InternalError& error) {
    WaveReport none;
    none.reason = std::string("the RTL fails before its first cycle: ") + error.what();
    return none;
  }
  const Tracing tracing(device, pair);
  bool rtl_runs = true;
  pair.on_model_cycle([&](std::int64_t cycle) {
    if (pair.enough()) throw Enough();
    if (cycle < device.cycle() || !rtl_runs) return;
    try {
      device.step();
    } catch (const InternalError&) {  // an assertion of the RTL, or its protocol: what was seen until then is shown
      rtl_runs = false;
      throw Enough();
    }
  });
  try {
    model::run_program(program, config, model::Level::kCycle, memory, false, &pair);
  } catch (const Enough&) {
  }
  return pair.finish();
}

void check_accelerator_waves(AcceleratorDevice& device, const model::Program& program,
                             const model::AcceleratorConfig& config, const std::vector<std::uint8_t>& memory,
                             const WaveOptions& options) {
  WavePair pair(options, config, 1, 1);
  const Tracing tracing(device, pair);
  pair.on_model_cycle([](std::int64_t) { throw Enough(); });
  try {
    model::run_program(program, config, model::Level::kCycle, memory, false, &pair);
  } catch (const Enough&) {
  }
}

}  // namespace systoliq::rtl
