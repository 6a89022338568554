// SPDX-License-Identifier: Apache-2.0
// The compute core in RTL against the model: bits, cycles and the cycle of every accumulator write.
#include "rtl_cosim/core/core_cosim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/random_execute.h"
#include "tests/rtl_cosim/core/faulty_core.h"

namespace systoliq::rtl {
namespace {

class CoreCosim : public testing::TestWithParam<std::string> {};

TEST_P(CoreCosim, RandomCommandsAgreeInBitsAndCycles) {
  const std::uint32_t seed = 20240117;
  const std::unique_ptr<CoreDevice> device = make_core(GetParam());
  const CoreReport report = run_core_cosim(*device, seed, 400);
  EXPECT_EQ(report.divergence, "") << "seed " << seed;
  EXPECT_EQ(report.commands, 400);
  RecordProperty("cycles", std::to_string(report.cycles));
  std::printf("seed %u: %lld commands, %lld cycles (%.0f cycles/s), %lld accumulator words, %lld overflows\n", seed,
              static_cast<long long>(report.commands), static_cast<long long>(report.cycles),
              static_cast<double>(report.cycles) / report.seconds, static_cast<long long>(report.words),
              static_cast<long long>(report.overflows));
}

/// Few pixels, one row and one tap after the other: passes follow in every cycle, each needs the sum of the one before.
TEST_P(CoreCosim, PassesOfOnePixelAndOneLane) {
  const std::unique_ptr<CoreDevice> device = make_core(GetParam());
  model::Storage state;
  state.configure(device->config());
  RandomExecute(7).fill(&state);
  device->load(state);
  for (int pixels = 1; pixels <= 4; ++pixels) {
    model::Execute e;
    e.input_row_pitch = e.input_height = e.input_blocks = e.last_block_lanes = e.output_height = e.kernel_height = 1;
    e.input_pixel_pitch = e.stride_height = e.stride_width = e.dilation_height = e.dilation_width = 1;
    e.output_width = pixels;
    e.kernel_width = 9;
    e.input_width = 9 + pixels;
    e.valid_columns = device->config().array.cols;
    e.param_address = device->config().param_words() - 1;
    CoreReport report;
    run_core_command(*device, state, {0, 0x8001, 0, e}, 0, 0, &report);
    EXPECT_EQ(report.divergence, "");
    if (device->config().array.dataflow == Dataflow::kOutputStationary) continue;
    EXPECT_EQ(model::execute_timing(e, device->config()).total(), device->config().codebook_words() + 1 + 9 * pixels +
                                                                      device->config().array.rows +
                                                                      device->config().array.cols + 3);
  }
}

/// One pass a group and few lanes: start values, sums and the next group's words follow one another most closely.
TEST_P(CoreCosim, GroupsOfOnePass) {
  const std::unique_ptr<CoreDevice> device = make_core(GetParam());
  const int rows = device->config().array.rows;
  model::Storage state;
  state.configure(device->config());
  RandomExecute(8).fill(&state);
  device->load(state);
  for (int pixels = 1; pixels <= std::min(3 * rows + 1, 40); ++pixels) {
    for (int lanes = 1; lanes <= rows; lanes += rows > 5 ? 5 : 1) {
      model::Execute e;
      e.input_row_pitch = e.input_width = pixels;
      e.input_height = e.input_blocks = e.output_height = e.kernel_height = e.kernel_width = 1;
      e.input_pixel_pitch = e.stride_height = e.stride_width = e.dilation_height = e.dilation_width = 1;
      e.output_width = pixels;
      e.last_block_lanes = lanes;
      e.valid_columns = device->config().array.cols;
      e.param_address = device->config().param_words() - 1;
      e.init = (pixels + lanes) % 2;
      CoreReport report;
      run_core_command(*device, state, {0, 1, 0, e}, 0, 0, &report);
      ASSERT_EQ(report.divergence, "");
    }
  }
}

model::Execute one_product() {
  model::Execute e;
  e.input_height = e.input_width = e.input_blocks = e.last_block_lanes = e.output_height = e.output_width = 1;
  e.kernel_height = e.kernel_width = e.stride_height = e.stride_width = e.dilation_height = e.dilation_width = 1;
  e.valid_columns = 1;
  e.param_address = 50;
  return e;
}

/// Activation and weight 1, all else 0.
model::Storage state_of_ones(const model::AcceleratorConfig& config) {
  model::Storage state;
  state.configure(config);
  std::fill_n(state.activations.words(0), config.array.rows, std::int16_t{1});
  std::fill_n(state.weights.words(0), config.array.cols, std::int16_t{1});
  const bool codebook = config.codebook_words() != 0;
  const std::int16_t entries[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  if (codebook) std::memcpy(static_cast<void*>(state.params.words(0)), entries, sizeof entries);
  return state;
}

/// The comparison sees a single flipped bit of a weight, an activation, a bias or an accumulator, and counts the bits
/// of the accumulators that differ by it.
TEST_P(CoreCosim, DifferentBufferContentIsFound) {
  const int bits[] = {1, 1, 2, 1};  // 0 for 1, 0 for 1, 2 for 1 after a bias of 1, and as it is
  for (int which = 0; which < 4; ++which) {
    const std::unique_ptr<CoreDevice> device = make_core(GetParam());
    model::Storage state = state_of_ones(device->config());
    device->load(state);
    if (which == 0) state.activations.words(0)[0] ^= 1;
    if (which == 1) state.weights.words(0)[0] ^= 1;
    if (which == 2) state.params.words(50)[0].bias ^= 1;
    if (which == 3) state.accumulators.words(5)[0] ^= 1;
    CoreReport report;
    run_core_command(*device, state, {0, 0, 0, one_product()}, 0, 0, &report);
    EXPECT_NE(report.divergence, "") << "fault " << which;
    EXPECT_EQ(report.mismatched_bits, bits[which]) << "fault " << which << ": " << report.divergence;
    EXPECT_EQ(report.cycle_difference, 0) << "fault " << which;
  }
}

TEST_P(CoreCosim, InputsOfASumAreThoseOfEveryPass) {
  model::Storage state = state_of_ones(make_core(GetParam())->config());
  model::Execute two_taps = one_product();
  two_taps.kernel_width = 2;
  two_taps.pad_value = 0;
  state.activations.words(two_taps.input_address)[0] = -1;
  const std::string text = inputs_of_sum(state, two_taps, 0, 0);
  EXPECT_NE(text.find("pixel: row 0, column 0; channel 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("kernel column 0, block 0\n  activations: -1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("kernel column 1, block 0\n  activations: 0\n"), std::string::npos) << text;
}

TEST_P(CoreCosim, AFailedAssertionOfTheRtlIsADivergence) {
  FaultyCore faulty(make_core(GetParam()));
  const std::unique_ptr<CoreDevice> other = make_core(GetParam());  // to which it must not report
  model::Storage state = state_of_ones(faulty.config());
  faulty.load(state);
  faulty.wrong_address = faulty.config().accumulator_words();
  CoreReport report;
  run_core_command(faulty, state, {0, 0, 0, one_product()}, 2, 1, &report);
  EXPECT_NE(report.divergence.find("an assertion of the RTL failed"), std::string::npos) << report.divergence;
  ASSERT_TRUE(report.failure);
  EXPECT_GE(report.failure->cycles, 2);
  EXPECT_EQ(report.commands, 0);
  // After a reset it runs again.
  faulty.wrong_address = -1;
  faulty.reset();
  faulty.load(state);
  report = {};
  run_core_command(faulty, state, {0, 0, 0, one_product()}, 0, 0, &report);
  EXPECT_EQ(report.divergence, "");
}

/// An RTL whose commands end, or whose first write comes, some cycles late.
TEST_P(CoreCosim, CyclesOfDifferenceAreCounted) {
  FaultyCore core(make_core(GetParam()));
  for (const int late : {-1, 1, 7}) {
    model::Storage state = state_of_ones(core.config());
    core.load(state);
    CoreReport report;
    core.late_end = late;
    run_core_command(core, state, {0, 0, 0, one_product()}, 0, 0, &report);
    EXPECT_NE(report.divergence, "");
    EXPECT_EQ(report.cycle_difference, late);
    EXPECT_EQ(report.mismatched_bits, 0);
    core.late_end = 0;
    core.late_write = late;
    report = {};
    run_core_command(core, state, {0, 0, 0, one_product()}, 0, 0, &report);
    EXPECT_NE(report.divergence, "");
    EXPECT_EQ(report.cycle_difference, late);
    EXPECT_EQ(report.mismatched_bits, 0);
    core.late_write = 0;
    report = {};
    run_core_command(core, state, {0, 0, 0, one_product()}, 0, 0, &report);
    EXPECT_EQ(report.divergence, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, CoreCosim, testing::ValuesIn(core_builds()),
                         [](const testing::TestParamInfo<std::string>& build) { return "Core" + build.param; });

TEST(CoreDevice, UnknownBuildBad) { EXPECT_THROW(make_core("3x17"), InputError); }

}  // namespace
}  // namespace systoliq::rtl
