// SPDX-License-Identifier: Apache-2.0
// The replay of whole networks against the SystemC machine: every command and counter, 0 cycles apart.
#include <gtest/gtest.h>

#include "model/replay/replay.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

std::vector<model::AcceleratorConfig> machines() {
  std::vector<model::AcceleratorConfig> machines(3);
  machines[1].array = {8, 8, Dataflow::kOutputStationary};
  machines[1].requant.lanes = 8;
  machines[1].memory = {4, 120, 64, 2};
  machines[2].array = {32, 16};
  machines[2].memory = {64, 300, 1024, 24};
  return machines;
}

void expect_equal(const model::RunResult& found, const model::RunResult& expected) {
  EXPECT_EQ(found.cycles, expected.cycles);
  EXPECT_EQ(found.command_end_cycle, expected.command_end_cycle);
  ASSERT_EQ(found.layers.size(), expected.layers.size());
  for (std::size_t i = 0; i < found.layers.size(); ++i) {
    EXPECT_EQ(timed_numbers(found.layers[i]), timed_numbers(expected.layers[i])) << "layer " << i;
  }
}

void replay_network(const std::string& name) {
  const Graph graph = sw_ref::parse_onnx(sw_ref::network_to_onnx(name, sw_ref::random_parameters(name, 1)), name);
  FloatTensor image(graph.values.at(graph.inputs.front()).shape);
  for (std::size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 17) / 8.0F - 1.0F;
  const QuantizedNetwork network = sw_ref::quantize(graph, {image}, {});
  for (const model::AcceleratorConfig& config : machines()) {
    model::Program program = model::compile(network, config);
    const model::RunResult expected = model::run_timing_in_systemc(program, config, program.image);
    program.image = {};  // nothing of it is asked for
    expect_equal(model::run_program(program, config, model::Level::kTiming, {}), expected);
  }
}

TEST(ReplayedNetworks, LeNet5) { replay_network("lenet5"); }
TEST(ReplayedNetworks, VggCifar) { replay_network("vgg_cifar"); }
TEST(ReplayedNetworks, ResNet18) { replay_network("resnet18"); }

}  // namespace
}  // namespace systoliq::test
