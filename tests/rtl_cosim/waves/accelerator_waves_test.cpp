// SPDX-License-Identifier: Apache-2.0
// Waveforms of both sides: without a fault no signal differs in any cycle; with one, both files show where it begins.
#include "rtl_cosim/waves/accelerator_waves.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "rtl_cosim/stimuli/random_case.h"
#include "tb/compare/compiled_network.h"
#include "tests/rtl_cosim/accelerator/faulty_device.h"
#include "tests/support/dump.h"

namespace systoliq::rtl {
namespace {

using test::Dump;

class AcceleratorWaves : public testing::TestWithParam<std::string> {
 protected:
  AcceleratorWaves() {
    folder_ = std::filesystem::temp_directory_path() / ("systoliq_waves_" + std::to_string(getpid()));
    options_.folder = folder_.string();
  }
  ~AcceleratorWaves() override { std::filesystem::remove_all(folder_); }

  model::AcceleratorConfig config() const {
    return model::read_config(SYSTOLIQ_SOURCE_DIR "/" + accelerator_build_config(GetParam()));
  }

  std::filesystem::path folder_;
  WaveOptions options_;
};

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_P(AcceleratorWaves, NoSignalDiffersWithoutAFault) {
  model::AcceleratorConfig config = this->config();
  options_.fixed = true;
  int run = 0;
  for (std::uint64_t seed = 1; run < 4; ++seed) {
    ASSERT_LT(seed, 100U);
    SCOPED_TRACE("seed " + std::to_string(seed));
    config.memory.latency_cycles = 1 + static_cast<int>(seed * 7 % 65);
    const stimuli::RandomCase random = stimuli::random_case(seed, config);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(random.network, config);
    } catch (const InputError&) {
      continue;  // does not fit this machine
    }
    const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config, true);
    const WaveReport report = write_accelerator_waves(*device, compiled->program(), config,
                                                      compiled->memory(random.input), nullptr, options_);
    EXPECT_EQ(report.differing_cycle, -1) << report.text();
    EXPECT_GT(report.signals, 100U);
    EXPECT_GT(report.cycles, 100);
    std::cout << report.signals << " signals, " << report.cycles << " cycles\n";
    ++run;
  }
}

TEST_P(AcceleratorWaves, BothSidesShowWhereAFaultBegins) {
  const model::AcceleratorConfig config = this->config();
  if (config.weights.codec == model::WeightCodec::kCodebook) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  const auto data = static_cast<std::size_t>(model::test::kDataBase);
  FaultyDevice device(make_accelerator(config, true), data + 4096);  // a weight
  const AcceleratorReport cosim = run_accelerator_cosim(device, program, config, program.image);
  ASSERT_TRUE(cosim.first_divergence);
  options_.around = 15;
  const WaveReport report =
      write_accelerator_waves(device, program, config, program.image, &*cosim.first_divergence, options_);

  // The weight comes on the read channel, before its LOAD ends.
  ASSERT_GE(report.differing_cycle, 1);
  EXPECT_LE(report.differing_cycle, cosim.first_divergence->cycle);
  ASSERT_FALSE(report.differing.empty());
  EXPECT_EQ(report.differing.front().signal.rfind("systoliq_accelerator.axi_rdata_i_", 0), 0U)
      << report.differing.front().signal;
  EXPECT_EQ(report.first_cycle, report.differing_cycle - 15);
  EXPECT_EQ(report.last_cycle, report.differing_cycle + 15);
  EXPECT_NE(report.text().find(report.rtl_path), std::string::npos);

  // The files: the same names, the values that were reported.
  const Dump rtl(report.rtl_path, report.differing_cycle);
  const Dump model(report.model_path, report.differing_cycle);
  EXPECT_EQ(rtl.names(), model.names());
  EXPECT_EQ(rtl.names().count("systoliq_accelerator.u_execute.u_dataflow.u_accumulators.write_data_q_0"), 1U);
  EXPECT_EQ(rtl.cycle(), report.differing_cycle);
  for (const SignalDifference& each : report.differing) {
    EXPECT_NE(each.model, each.rtl) << each.signal;
    EXPECT_EQ(model.value(each.signal), each.model) << each.signal;
    EXPECT_EQ(rtl.value(each.signal), each.rtl) << each.signal;
  }
  EXPECT_EQ(Dump(report.rtl_path).cycle(), report.last_cycle + 1);
  EXPECT_EQ(Dump(report.model_path, report.first_cycle).value("systoliq_accelerator.cycle"),
            static_cast<std::uint64_t>(report.first_cycle));

  // Their save files show the same signals.
  const std::string rtl_save = read((folder_ / "rtl.gtkw").string());
  const std::string model_save = read((folder_ / "model.gtkw").string());
  const std::size_t line = rtl_save.find("[timestart]");
  ASSERT_NE(line, std::string::npos);
  EXPECT_EQ(rtl_save.substr(line), model_save.substr(model_save.find("[timestart]")));
  EXPECT_NE(rtl_save.find(report.differing.front().signal + "["), std::string::npos);
}

TEST_P(AcceleratorWaves, BothSidesShowWhatAFailedAssertionSaw) {
  const model::AcceleratorConfig config = this->config();
  if (config.weights.codec == model::WeightCodec::kCodebook) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  Stalls wrong;
  wrong.wrong_last = 0;  // of a device's first run
  const AcceleratorReport cosim =
      run_accelerator_cosim(*make_accelerator(config, true, wrong), program, config, program.image);
  ASSERT_TRUE(cosim.first_divergence);
  EXPECT_NE(cosim.first_divergence->text.find("an assertion of the RTL failed"), std::string::npos);
  options_.around = 15;
  const WaveReport report = write_accelerator_waves(*make_accelerator(config, true, wrong), program, config,
                                                    program.image, &*cosim.first_divergence, options_);
  EXPECT_GE(report.last_cycle, cosim.first_divergence->cycle - 1) << report.text();
  EXPECT_EQ(Dump(report.rtl_path, report.first_cycle).names(), Dump(report.model_path, report.first_cycle).names());
}

TEST_P(AcceleratorWaves, AnUnrulyRtlIsShownOrTheReasonTold) {
  using Fault = UnrulyDevice::Fault;
  const model::AcceleratorConfig config = this->config();
  if (config.weights.codec == model::WeightCodec::kCodebook) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  for (const Fault fault : {Fault::kUnknownEnd, Fault::kEndAfterAll, Fault::kRegister, Fault::kStart}) {
    UnrulyDevice device(make_accelerator(config, true), fault);
    const AcceleratorReport cosim = run_accelerator_cosim(device, program, config, program.image);
    ASSERT_TRUE(cosim.first_divergence);
    const WaveReport report =
        write_accelerator_waves(device, program, config, program.image, &*cosim.first_divergence, options_);
    if (fault == Fault::kStart) {
      EXPECT_NE(report.text().find("no waveforms: the RTL fails before its first cycle"), std::string::npos);
      EXPECT_NE(report.text().find("a register write is refused"), std::string::npos) << report.text();
    } else {
      EXPECT_GE(report.last_cycle, cosim.first_divergence->cycle - 1) << report.text();
    }
  }
}

TEST_P(AcceleratorWaves, ScopesAndWindowsChooseTheSameOnBothSides) {
  const model::AcceleratorConfig config = this->config();
  if (config.weights.codec == model::WeightCodec::kCodebook) GTEST_SKIP() << "arbitrary bytes are no tables";
  const model::Program program = convolution(config).program();
  const std::unique_ptr<AcceleratorDevice> device = make_accelerator(config, true);
  options_.fixed = true;
  options_.scopes = {traces::parse_scope("u_execute:0"), traces::parse_scope("pe_0_0")};
  options_.window = traces::parse_window("command:3");  // EXECUTE
  const WaveReport report = write_accelerator_waves(*device, program, config, program.image, nullptr, options_);
  const Dump rtl(report.rtl_path, report.first_cycle);
  const Dump model(report.model_path, report.first_cycle);
  EXPECT_EQ(rtl.names(), model.names());
  EXPECT_LT(rtl.names().size(), 25U);
  EXPECT_EQ(rtl.value("systoliq_accelerator.u_execute.command_ready_o"), 1U);
  EXPECT_EQ(model.value("systoliq_accelerator.u_execute.command_ready_o"), 1U);
  EXPECT_EQ(Dump(report.rtl_path, report.last_cycle).value("systoliq_accelerator.u_execute.done_o"), 1U);
  EXPECT_EQ(report.differing_cycle, -1) << report.text();
}

INSTANTIATE_TEST_SUITE_P(Builds, AcceleratorWaves, testing::ValuesIn(accelerator_builds()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace systoliq::rtl
