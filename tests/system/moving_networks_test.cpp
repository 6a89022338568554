// SPDX-License-Identifier: Apache-2.0
// Random networks with moves of elements, transposed convolutions, dilated pools and joined rows: every level that
// carries data bit for bit as the reference, and the same time at all levels that carry time.
#include <algorithm>
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "rtl_cosim/stimuli/random_moves.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

class MovingNetworks : public testing::TestWithParam<int> {};

TEST_P(MovingNetworks, AgreeAtEveryLevel) {
  constexpr int kSeeds = 60;
  int run = 0;
  std::set<LayerOp> ops;
  for (int i = 0; i < kSeeds; ++i) {
    const int seed = GetParam() * kSeeds + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_moving_case(static_cast<std::uint64_t>(seed));
    // A shift-only preset with a multiplier beside wide accumulators is no machine.
    model::RequantConfig& requant = made.config.requant;
    if (made.config.datatypes.accumulator_bits > 32) requant.multiplier_bits = std::min(requant.multiplier_bits, 16);
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, made.config);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("layer '"), std::string::npos) << error.what();
      std::cout << "seed " << seed << " refused: " << error.what() << "\n";
      continue;
    }
    ++run;
    for (const QuantizedLayer& layer : made.network.layers) ops.insert(layer.op);
    expect_all_levels_agree(made.network, *compiled, made.input);
    if (HasFailure()) break;
  }
  EXPECT_GE(run, kSeeds * 3 / 4);
  EXPECT_EQ(ops.count(LayerOp::kMove), 1U);
  EXPECT_EQ(ops.count(LayerOp::kConvTranspose), 1U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MovingNetworks, testing::Range(0, 3));

/// 70 channels of 9 × 9 pixels are 405 words of 16 lanes; the buffer has 128, so one word of every pixel at a time.
TEST(SlicedPools, RunWhereAllChannelsDoNotFit) {
  for (const LayerOp op : {LayerOp::kAveragePool, LayerOp::kMaxPool}) {
    QuantizedNetwork network;
    network.name = "pool";
    network.preset = Preset::kOrtMlas;
    network.tensors = {{"x", {1, 70, 9, 9}, 0.02F, 3, 8, 0, {}}, {"y", {1, 70, 1, 1}, 0.02F, 3, 8, 0, {}}};
    network.inputs = {0};
    network.outputs = {1};
    QuantizedLayer layer;
    layer.name = "pool";
    layer.op = op;
    layer.inputs = {0};
    layer.output = 1;
    layer.window.kernel_height = layer.window.kernel_width = 9;
    network.layers = {layer};
    model::AcceleratorConfig config;
    config.buffers.activation_kib = 2;
    const tb::CompiledNetwork compiled(network, config);
    IntTensor input(network.tensors[0].shape);
    for (std::size_t i = 0; i < input.data.size(); ++i) input.data[i] = static_cast<std::int32_t>(i * 37 % 256) - 128;
    expect_all_levels_agree(network, compiled, input);
    EXPECT_EQ(compiled.program().probes.size(), 5U);
  }
}

}  // namespace
}  // namespace systoliq::test
