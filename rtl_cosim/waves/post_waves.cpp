// SPDX-License-Identifier: Apache-2.0
// The RTL's clock drives the model's.
#include "rtl_cosim/waves/post_waves.h"

#include "rtl_cosim/waves/clocked_engine.h"

namespace systoliq::rtl {

WaveReport write_post_waves(PostUnit& unit, const PostFailure& failure, const WaveOptions& options) {
  WavePair pair(options, unit.build().config, 1, failure.cycles);
  model::Storage state = failure.state;
  PostRunOptions again = failure.options;
  again.limit = 2 * failure.cycles + 100;
  unit.reset();
  ClockedEngine<model::cycle::PostBlock> engine(pair, failure.state, failure.command, again.waiting_cycles);
  unit.trace(&engine);
  engine.begin(0);
  unit.run(failure.command, again, state);  // an error of the RTL's: what was seen until then is shown
  unit.trace(nullptr);
  engine.end();
  return pair.finish();
}

void check_post_waves(PostUnit& unit, const WaveOptions& options) {
  WavePair pair(options, unit.build().config, 1, 1);
  model::Storage state;
  state.configure(unit.build().config);
  model::Command command;
  command.body = model::Post();
  ClockedEngine<model::cycle::PostBlock> engine(pair, state, command, 0);
  unit.reset();
  unit.trace(&engine);
  engine.declare();
  unit.trace(nullptr);
}

}  // namespace systoliq::rtl
