// SPDX-License-Identifier: Apache-2.0
// The RTL's clock drives the model's.
#include "rtl_cosim/waves/core_waves.h"

#include "rtl_cosim/waves/clocked_engine.h"
#include "types/error.h"

namespace systoliq::rtl {

WaveReport write_core_waves(CoreDevice& device, const CoreFailure& failure, const WaveOptions& options) {
  WavePair pair(options, device.config(), 1, failure.cycles);
  model::Storage state = failure.state;
  device.reset();
  device.load(state);
  ClockedEngine<model::cycle::ExecuteBlock> engine(pair, failure.state, failure.command, failure.ungranted);
  device.trace(&engine);
  engine.begin(device.cycle() - 1);
  try {
    device.execute(failure.command, 0, failure.ungranted, 2 * failure.cycles + 100);
  } catch (const InternalError&) {  // an assertion of the RTL, or no end: what was seen until then is shown
  }
  device.trace(nullptr);
  engine.end();
  return pair.finish();
}

void check_core_waves(CoreDevice& device, const WaveOptions& options) {
  WavePair pair(options, device.config(), 1, 1);
  model::Storage state;
  state.configure(device.config());
  model::Command command;
  command.body = model::Execute();
  ClockedEngine<model::cycle::ExecuteBlock> engine(pair, state, command, 0);
  device.reset();
  device.trace(&engine);
  engine.declare();
  device.trace(nullptr);
}

}  // namespace systoliq::rtl
