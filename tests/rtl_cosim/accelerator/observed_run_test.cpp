// SPDX-License-Identifier: Apache-2.0
// Outputs explained with the RTL beside the model: its buffers hold the same operands, accumulators and results, its
// commands end in the same cycles, and a fault in what it reads is named.
#include "rtl_cosim/accelerator/observed_run.h"

#include <gtest/gtest.h>

#include <iostream>
#include <optional>

#include "rtl_cosim/stimuli/random_case.h"
#include "rtl_cosim/stimuli/random_draw.h"
#include "tb/explain/explain.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"
#include "tests/system/program_runner.h"
#include "types/util/index.h"

namespace systoliq::rtl {
namespace {

tb::ObservedRun run_of(AcceleratorDevice& device) {
  return [&device](const model::Program& program, const std::vector<std::uint8_t>& memory,
                   model::CommandObserver& observer) { run_observed(device, program, memory, observer); };
}

void expect_same(const tb::Explanation& e) {
  EXPECT_EQ(e.first_difference(), "");
  ASSERT_TRUE(e.rtl && e.rtl_run);
  EXPECT_EQ(e.rtl_run->result, e.run.result);
  EXPECT_EQ(e.rtl->result, e.model.result);
  EXPECT_EQ(e.rtl_run->post_end, e.run.post_end);
  EXPECT_EQ(e.rtl_run->store_end, e.run.store_end);
  ASSERT_EQ(e.rtl_run->executes.size(), e.run.executes.size());
  for (std::size_t i = 0; i < e.run.executes.size(); ++i) {
    EXPECT_EQ(e.rtl_run->executes[i].end, e.run.executes[i].end);
    EXPECT_EQ(e.rtl_run->executes[i].accumulator, e.run.executes[i].accumulator);
  }
}

class ObservedRun : public testing::TestWithParam<std::string> {
 protected:
  model::AcceleratorConfig config_ = model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
};

TEST_P(ObservedRun, RandomOutputsAreExplainedAlike) {
  int outputs = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const stimuli::RandomCase made = stimuli::random_case(seed, config_);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, config_);
    } catch (const InputError&) {
      continue;  // does not fit this machine
    }
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config_);
    const tb::ObservedRun rtl = run_of(*device);
    stimuli::RandomDraw draw(seed);
    for (std::size_t layer = 0; layer < made.network.layers.size(); ++layer) {
      SCOPED_TRACE("layer " + std::to_string(layer));
      const Shape& shape = nth(made.network.tensors, made.network.layers[layer].output).shape;
      const int channel = draw.uniform(0, static_cast<int>(shape[1]) - 1);
      const int row = draw.uniform(0, static_cast<int>(shape[2]) - 1);
      const tb::OutputPlace place = tb::find_output(made.network, *compiled, layer, channel, row,
                                                    draw.uniform(0, static_cast<int>(shape[3]) - 1));
      expect_same(tb::explain_output(made.network, *compiled, place, made.input,
                                     tb::model_run(*compiled, model::Level::kCycle), &rtl));
      ++outputs;
    }
  }
  EXPECT_GE(outputs, 15);
  std::cout << outputs << " outputs\n";
}

TEST_P(ObservedRun, NamesTheOperandThatTheRtlReadsWrongly) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const stimuli::RandomCase made = stimuli::random_case(seed, config_);
    if (made.network.layers[0].op != LayerOp::kConvolution) continue;
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, config_);
    } catch (const InputError&) {
      continue;
    }
    // The first byte of the image is of the first layer's first weight word; bit 2 of it is flipped.
    const int channel = 2 / config_.datatypes.weight_bits;
    if (nth(made.network.tensors, made.network.layers[0].output).shape[1] <= channel) continue;
    FaultyDevice device(make_accelerator(config_), std::size_t{0});
    const tb::ObservedRun rtl = run_of(device);
    const tb::OutputPlace place = tb::find_output(made.network, *compiled, 0, channel, 0, 0);
    const tb::Explanation e = tb::explain_output(made.network, *compiled, place, made.input,
                                                 tb::model_run(*compiled, model::Level::kFunctional), &rtl);
    EXPECT_EQ(e.run.result, e.reference.result);
    EXPECT_NE(e.first_difference().find("in the RTL"), std::string::npos) << e.first_difference();
    EXPECT_NE(e.first_difference().find("operand"), std::string::npos) << e.first_difference();
    return;
  }
  ADD_FAILURE() << "no network met the fault";
}

INSTANTIATE_TEST_SUITE_P(Builds, ObservedRun, testing::Values("small_4x4", "odd_5x3"),
                         [](const auto& build) { return build.param; });

TEST(ObservedRunBad, UnknownEndOfTheRtl) {
  const model::AcceleratorConfig config = model::read_config(SYSTOLIQ_SOURCE_DIR "/configs/small_4x4.toml");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const stimuli::RandomCase made = stimuli::random_case(seed, config);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, config);
    } catch (const InputError&) {
      continue;
    }
    UnrulyDevice device(make_accelerator(config), UnrulyDevice::Fault::kEndAfterAll);
    const tb::OutputPlace place = tb::find_output(made.network, *compiled, 0, 0, 0, 0);
    const tb::ObservedRun rtl = run_of(device);
    EXPECT_THROW(tb::explain_output(made.network, *compiled, place, made.input,
                                    tb::model_run(*compiled, model::Level::kFunctional), &rtl),
                 InternalError);
    return;
  }
  ADD_FAILURE() << "no network fits";
}

class ExplainRtl : public test::ProgramTest {};

TEST_F(ExplainRtl, ProgramShowsAllThree) {
  const nlohmann::json e = run_json("explain lenet5 conv2 3,4,5 --rtl");
  EXPECT_TRUE(e["agree"]);
  EXPECT_EQ(e["rtl"]["result"], e["reference"]["result"]);
  EXPECT_EQ(e["rtl"]["passes"].size(), 25U);
  EXPECT_EQ(e["rtl_run"]["post_end_cycle"], e["machine_run"]["post_end_cycle"]);
  EXPECT_EQ(e["rtl_run"]["executes"][0]["accumulator"], e["machine_run"]["executes"][0]["accumulator"]);
  const test::ProgramRun text = run("explain lenet5 pool1 3,4,5 --rtl");
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("reference, model, machine and RTL agree\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("RTL: written by command"), std::string::npos) << text.out;
  const test::ProgramRun help = run_program(SYSTOLIQ_PROGRAM "-cosim", "--command=explain --help");
  EXPECT_NE(help.out.find("Usage: systoliq explain"), std::string::npos) << help.out;
}

TEST_F(ExplainRtl, MachineWithoutRtlBad) {
  write("m.toml", "[array]\nrows = 6\ncols = 6\n");
  const test::ProgramRun result = run("explain lenet5 conv2 3,4,5 --rtl --config m.toml");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("m.toml: no RTL was built"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace systoliq::rtl
