// SPDX-License-Identifier: Apache-2.0
// Waveforms of the core scope. No test of this program may run the model's machine, whose SystemC takes no further
// module then.
#include "rtl_cosim/waves/core_waves.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/random_execute.h"
#include "tests/rtl_cosim/core/faulty_core.h"
#include "tests/support/dump.h"

namespace systoliq::rtl {
namespace {

class CoreWaves : public testing::TestWithParam<std::string> {
 protected:
  CoreWaves() : folder_(std::filesystem::temp_directory_path() / ("systoliq_core_waves_" + std::to_string(getpid()))) {
    options_.folder = folder_.string();
  }
  ~CoreWaves() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  WaveOptions options_;
};

TEST_P(CoreWaves, NoSignalDiffersWithoutAFault) {
  const std::unique_ptr<CoreDevice> device = make_core(GetParam());
  RandomExecute random(5);
  CoreFailure run;
  run.state.configure(device->config());
  random.fill(&run.state);
  for (int i = 0; i < 8; ++i) {
    run.command = random.command(device->config());
    run.ungranted = i % 3;
    run.cycles =
        run.ungranted + model::execute_timing(std::get<model::Execute>(run.command.body), device->config()).total();
    options_.around = run.cycles;
    const WaveReport report = write_core_waves(*device, run, options_);
    EXPECT_EQ(report.differing_cycle, -1) << model::disassemble(run.command) << "\n" << report.text();
    EXPECT_GT(report.signals, 20U);
    EXPECT_EQ(report.cycles, run.cycles);
  }
}

TEST_P(CoreWaves, BothSidesShowWhereAFaultBegins) {
  FaultyCore core(make_core(GetParam()));
  if (core.config().codebook_words() != 0) GTEST_SKIP() << "an index of the codebook may not be flipped";
  core.flipped_weight = 3;
  model::Storage state;
  state.configure(core.config());
  RandomExecute(6).fill(&state);
  core.load(state);
  model::Execute e;
  e.input_height = e.input_blocks = e.last_block_lanes = e.output_height = e.kernel_height = 1;
  e.input_pixel_pitch = e.stride_height = e.stride_width = e.dilation_height = e.dilation_width = 1;
  e.output_width = 4;
  e.kernel_width = 5;
  e.input_width = e.input_row_pitch = 9;
  e.valid_columns = core.config().array.cols;
  e.param_address = core.config().param_words() - 1;
  CoreReport cosim;
  run_core_command(core, state, {0, 1, 0, e}, 0, 2, &cosim);
  ASSERT_TRUE(cosim.failure);
  options_.around = 6;
  const WaveReport report = write_core_waves(core, *cosim.failure, options_);

  // Bit 0 of a weight, in the first PE that holds it, or in the first sum of that PE.
  ASSERT_GE(report.differing_cycle, 1) << report.text();
  ASSERT_FALSE(report.differing.empty());
  const SignalDifference& first = report.differing.front();
  const std::string array = "systoliq_accelerator.u_execute.u_dataflow.u_array.";
  if (core.config().array.dataflow == Dataflow::kOutputStationary) {
    EXPECT_EQ(first.signal, array + "pe_0_0.accumulator_q") << report.text();
  } else {
    EXPECT_EQ(first.signal, array + "pe_0_0.shadow_q") << report.text();
    EXPECT_EQ(first.model ^ first.rtl, 1U) << report.text();
  }
  EXPECT_EQ(report.first_cycle, std::max<std::int64_t>(1, report.differing_cycle - 6));
  const test::Dump rtl(report.rtl_path, report.differing_cycle);
  const test::Dump model(report.model_path, report.differing_cycle);
  EXPECT_EQ(rtl.names(), model.names());
  for (const SignalDifference& each : report.differing) {
    EXPECT_EQ(model.value(each.signal), each.model) << each.signal;
    EXPECT_EQ(rtl.value(each.signal), each.rtl) << each.signal;
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, CoreWaves, testing::ValuesIn(core_builds()),
                         [](const testing::TestParamInfo<std::string>& build) { return "Core" + build.param; });

}  // namespace
}  // namespace systoliq::rtl
