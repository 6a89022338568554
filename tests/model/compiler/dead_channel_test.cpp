// SPDX-License-Identifier: Apache-2.0
// Channels whose factor needs a longer right shift than the machine has: executed where no accumulator can tell the
// difference, refused where one can.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/model/compiler/compiler_networks.h"
#include "types/error.h"

namespace systoliq::model::test {
namespace {

/// Four channels, of which the second has weights of a scale of 2^-60; every scale is a power of two.
QuantizedNetwork with_tiny_channel(Preset preset) {
  QuantizedNetwork network = NetworkBuilder({1, 3, 6, 6}).convolution(4, square(3)).build();
  network.preset = preset;
  network.tensors[0].scale = 0x1p-6F;
  network.tensors[1].scale = 0x1p-2F;
  network.layers[0].weight_scales = {0x1p-7F, 0x1p-60F, 0x1p-7F, 0x1p-8F};
  return network;
}

std::string refusal(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  try {
    compile(network, config);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(DeadChannel, EqualsTheReferenceUnderEveryPreset) {
  for (const PresetTraits& traits : kPresets) {
    SCOPED_TRACE(std::string(traits.name));
    const QuantizedNetwork network = with_tiny_channel(traits.preset);
    AcceleratorConfig config;
    for (const int shift_max : {62, 48}) {
      SCOPED_TRACE(shift_max);
      config.requant.shift_max = shift_max;
      expect_runs_like_reference(network, compile(network, config), config, Level::kFunctional);
    }
  }
}

/// The integers themselves: the zero point, or one below it where a negative accumulator is rounded down.
TEST(DeadChannel, IsTheZeroPoint) {
  QuantizedNetwork network = with_tiny_channel(Preset::kOrtMlas);
  const auto values = [&] {
    const IntTensor input = random_input(network, 3);
    const auto output = static_cast<std::size_t>(network.outputs[0]);
    const std::vector<std::int32_t> all =
        sw_ref::run_reference(network, {{0, input}}, AccumulationOrder{}).tensors[output].data;
    return std::vector<std::int32_t>(all.begin() + 16, all.begin() + 32);  // 4 × 4 of the second channel
  };
  EXPECT_EQ(values(), std::vector<std::int32_t>(16, 4));
  network.preset = Preset::kPotFloor;
  const std::vector<std::int32_t> floor = values();
  EXPECT_TRUE(std::all_of(floor.begin(), floor.end(), [](std::int32_t value) { return value == 4 || value == 3; }));
  EXPECT_EQ(std::count(floor.begin(), floor.end(), 3) > 0, true);
}

TEST(DeadChannel, WithoutAnyWeightFitsEveryMachine) {
  QuantizedNetwork network = with_tiny_channel(Preset::kTfliteRef);
  network.layers[0].weight_scales = {1.0F};
  network.tensors[1].scale = 0x1p-6F * 0x1p10F;
  std::fill(network.layers[0].weights.data.begin(), network.layers[0].weights.data.end(), 0);
  std::fill(network.layers[0].bias.begin(), network.layers[0].bias.end(), 0);
  AcceleratorConfig config;
  config.requant.shift_max = 3;
  expect_runs_like_reference(network, compile(network, config), config, Level::kFunctional);
}

TEST(DeadChannel, OneThatStillShowsBad) {
  QuantizedNetwork network = with_tiny_channel(Preset::kOrtMlas);
  AcceleratorConfig config;
  config.requant.shift_max = 30;
  network.layers[0].weight_scales[1] = 0x1p-20F;
  const std::string text = refusal(network, config);
  EXPECT_NE(text.find("output channel "), std::string::npos) << text;
  EXPECT_NE(text.find("requant.shift_max = 30"), std::string::npos) << text;
}

}  // namespace
}  // namespace systoliq::model::test
