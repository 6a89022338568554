// SPDX-License-Identifier: Apache-2.0
// Waveforms of the POST engine. No test of this program may run the model's machine, whose SystemC takes no further
// module then.
#include "rtl_cosim/waves/post_waves.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "model/timing/compute_timing.h"
#include "rtl_cosim/unit/random_post.h"
#include "tests/rtl_cosim/unit/faulty_post.h"
#include "tests/support/dump.h"

namespace systoliq::rtl {
namespace {

constexpr std::uint64_t kSeed = 27182818;
const std::string kPost = "systoliq_accelerator.u_post.";

std::vector<std::string> builds() {
  std::vector<std::string> names;
  for (const auto& unit : make_post_units()) names.push_back(unit->build().name);
  return names;
}

class PostWaves : public testing::TestWithParam<std::string> {
 protected:
  PostWaves() : folder_(std::filesystem::temp_directory_path() / ("systoliq_post_waves_" + std::to_string(getpid()))) {
    options_.folder = folder_.string();
    for (const auto& unit : units_) {
      if (unit->build().name == GetParam()) unit_ = unit.get();
    }
  }
  ~PostWaves() override { std::filesystem::remove_all(folder_); }

  const model::AcceleratorConfig& config() const { return unit_->build().config; }

  /// Both files name the same signals and hold what the report says of the first differing cycle.
  void expect_shown(const WaveReport& report) {
    const test::Dump rtl(report.rtl_path, report.differing_cycle);
    const test::Dump model(report.model_path, report.differing_cycle);
    EXPECT_EQ(rtl.names(), model.names());
    EXPECT_EQ(rtl.names().count(kPost + "command_valid_i"), 1U);
    for (const SignalDifference& each : report.differing) {
      EXPECT_EQ(model.value(each.signal), each.model) << each.signal;
      EXPECT_EQ(rtl.value(each.signal), each.rtl) << each.signal;
    }
  }

  std::filesystem::path folder_;
  WaveOptions options_;
  std::vector<std::unique_ptr<PostUnit>> units_ = make_post_units();  ///< all, as the co-simulation has them
  PostUnit* unit_ = nullptr;
};

TEST_P(PostWaves, NoSignalDiffersWithoutAFault) {
  RandomPost random(config(), kSeed);
  PostFailure run;
  run.state.configure(config());
  random.fill_buffers(run.state);
  int runs = 0;
  for (int op = 0; op <= static_cast<int>(model::PostOp::kFill); ++op) {
    for (std::size_t preset = 0; preset < kRtlPresets; ++preset) {
      if (!can_run(config(), static_cast<model::PostOp>(op), static_cast<Preset>(preset))) continue;
      for (int i = 0; i < 2; ++i, ++runs) {
        run.command.body = random.next(static_cast<model::PostOp>(op), static_cast<Preset>(preset), run.state);
        run.options.waiting_cycles = runs % 3;
        run.options.noise = Random(kSeed + static_cast<unsigned>(runs));
        run.cycles = runs % 3 + model::post_cycles(std::get<model::Post>(run.command.body), config());
        options_.around = run.cycles;
        const WaveReport report = write_post_waves(*unit_, run, options_);
        EXPECT_EQ(report.differing_cycle, -1) << "seed " << kSeed << ", run " << runs << "\n"
                                              << model::disassemble(run.command) << "\n"
                                              << report.text();
        EXPECT_GE(report.signals, 12U + 2U * static_cast<unsigned>(config().array.rows));
        EXPECT_EQ(report.cycles, run.cycles);
      }
    }
  }
  EXPECT_GE(runs, 24);
}

/// Four words copied by a maximum of one tap each, the first of them from a faulty operand.
TEST_P(PostWaves, BothSidesShowWhereAFaultBegins) {
  PostFailure failure;
  failure.state.configure(config());
  RandomPost(config(), kSeed).fill_buffers(failure.state);
  model::Post p;
  p.op = static_cast<std::int32_t>(model::PostOp::kMaxPool);
  p.preset = static_cast<std::int32_t>(Preset::kFloor);
  p.source_address = 10;
  p.output_address = 50;
  p.width = p.source_width = p.source_row_pitch = p.output_row_pitch = 4;
  p.height = p.blocks = p.source_height = p.kernel_height = p.kernel_width = p.stride_height = p.stride_width = 1;
  p.source_pixel_pitch = p.output_pixel_pitch = 1;
  p.clamp_min = -(1 << (config().datatypes.activation_bits - 1));
  p.clamp_max = -p.clamp_min - 1;
  failure.command.body = p;
  failure.options.waiting_cycles = 2;
  failure.cycles = 2 + model::post_cycles(p, config());
  options_.around = 3;
  FlippedOperand unit(*unit_, 10);
  const WaveReport report = write_post_waves(unit, failure, options_);

  // Offered in cycle 1, started in 3, the word read in 4 and written seven cycles later.
  EXPECT_EQ(report.differing_cycle, 11) << report.text();
  ASSERT_EQ(report.differing.size(), 1U) << report.text();
  EXPECT_EQ(report.differing.front().signal, kPost + "activation_write_data_o_0");
  EXPECT_EQ(report.differing.front().model ^ report.differing.front().rtl, 1U);
  EXPECT_EQ(report.first_cycle, 8);
  EXPECT_EQ(report.last_cycle, 14);
  expect_shown(report);
}

TEST_P(PostWaves, TheCosimulationSaysWhatToRunAgain) {
  ChangedCommands changed(*unit_, &model::Post::output_address);
  const PostReport cosim = cosim_post(changed, model::PostOp::kFill, Preset::kFloor, 10, kSeed);
  ASSERT_TRUE(cosim.failure);
  const WaveReport report = write_post_waves(changed, *cosim.failure, options_);
  const int waiting = cosim.failure->options.waiting_cycles;
  EXPECT_EQ(report.differing_cycle, waiting + 9) << report.text();
  ASSERT_FALSE(report.differing.empty());
  EXPECT_EQ(report.differing.front().signal, kPost + "activation_write_address_o") << report.text();
  EXPECT_EQ(report.first_cycle, 1);
  expect_shown(report);
  EXPECT_EQ(cosim_post(*unit_, model::PostOp::kFill, Preset::kFloor, 10, kSeed).failure, std::nullopt);
}

TEST_P(PostWaves, ACommandThatFailsAnAssertionIsShownAndForgotten) {
  ChangedCommands changed(*unit_, &model::Post::clamp_max, 1 << 20);
  const PostReport cosim = cosim_post(changed, model::PostOp::kFill, Preset::kFloor, 10, kSeed);
  EXPECT_NE(cosim.mismatch.find("an assertion failed"), std::string::npos) << cosim.mismatch;
  ASSERT_TRUE(cosim.failure);
  const WaveReport report = write_post_waves(changed, *cosim.failure, options_);
  const int waiting = cosim.failure->options.waiting_cycles;
  EXPECT_EQ(report.cycles, waiting + 1) << "the cycle of the start is the last one\n" << report.text();
  EXPECT_EQ(report.last_cycle, waiting + 1);
  expect_shown(report);
  for (const auto& unit : units_) {
    EXPECT_EQ(cosim_post(*unit, model::PostOp::kFill, Preset::kFloor, 10, kSeed).mismatch, "") << unit->build().name;
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, PostWaves, testing::ValuesIn(builds()),
                         [](const testing::TestParamInfo<std::string>& build) { return "Post" + build.param; });

}  // namespace
}  // namespace systoliq::rtl
