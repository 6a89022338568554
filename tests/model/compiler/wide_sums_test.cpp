// SPDX-License-Identifier: Apache-2.0
// Presets of 16 x 8 bits have no overflow: sums that may leave the accumulator are refused with the width that would
// do.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/model/compiler/compiler_networks.h"
#include "types/error.h"

namespace systoliq::model::test {
namespace {

QuantizedNetwork wide_network(Preset preset) {
  QuantizedNetwork network = NetworkBuilder({1, 4, 5, 5}).convolution(3, square(3)).build();
  network.preset = preset;
  for (QuantizedTensor& tensor : network.tensors) tensor.bits = 16, tensor.zero_point = 0, tensor.scale = 0.001F;
  QuantizedLayer& layer = network.layers[0];
  layer.clamp_min = -32768;
  layer.clamp_max = 32767;
  std::fill(layer.weights.data.begin(), layer.weights.data.end(), 100);
  return network;
}

AcceleratorConfig wide_machine(int accumulator_bits) {
  AcceleratorConfig config;
  config.datatypes.activation_bits = 16;
  config.datatypes.accumulator_bits = accumulator_bits;
  config.requant.multiplier_bits = 16;
  return config;
}

std::string refusal(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  try {
    compile(network, config);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

/// 36 weights of 100 times -32768, and a bias of 5: 117964805 takes 28 bits.
TEST(WideSums, AreRefusedWhereTheyMayLeaveTheAccumulator) {
  for (const Preset preset : {Preset::kTflite16x8, Preset::kLitert16x8}) {
    const QuantizedNetwork network = wide_network(preset);
    EXPECT_EQ(refusal(network, wide_machine(28)), "");
    const std::string text = refusal(network, wide_machine(27));
    EXPECT_NE(text.find("117964805"), std::string::npos) << text;
    EXPECT_NE(text.find("datatypes.accumulator_bits"), std::string::npos) << text;
    EXPECT_NE(text.find("at least 28"), std::string::npos) << text;
  }
  QuantizedNetwork others = wide_network(Preset::kTfliteSingle);
  EXPECT_EQ(refusal(others, wide_machine(27)), "") << "whose overflow is defined";
}

/// 0 to 100 behind a ReLU, its maximum and its mean: sums of 27 weights of 100 stay below 2^19 where 2^15 would need 28
/// bits.
TEST(WideSums, AreBoundedByTheLayersBefore) {
  QuantizedNetwork network =
      NetworkBuilder({1, 3, 6, 6}).convolution(3, square(1)).max_pool(2, 1).convolution(2, square(3)).build();
  network.preset = Preset::kTflite16x8;
  for (QuantizedTensor& tensor : network.tensors) tensor.bits = 16, tensor.zero_point = 0, tensor.scale = 0.001F;
  for (QuantizedLayer& layer : network.layers) layer.clamp_min = 0, layer.clamp_max = 32767;
  for (std::size_t i : {0, 2}) {
    std::fill(network.layers[i].weights.data.begin(), network.layers[i].weights.data.end(), i == 0 ? 1 : 100);
  }
  const std::string wide = refusal(network, wide_machine(20));
  EXPECT_NE(wide.find("sums may reach 88470905"), std::string::npos) << wide;  // 27 · 100 · 32767 + 5
  network.layers[0].clamp_max = 100;
  EXPECT_EQ(refusal(network, wide_machine(20)), "");  // 270005
  EXPECT_NE(refusal(network, wide_machine(19)).find("sums may reach 270005"), std::string::npos);
}

/// TensorFlow Lite stores the scaled sum in 32 bits before it is limited.
TEST(WideSums, AreRefusedWhereTheResultLeaves32Bits) {
  QuantizedNetwork network = wide_network(Preset::kTflite16x8);
  network.layers[0].weight_scales = {100.0F};
  const std::string text = refusal(network, wide_machine(40));
  EXPECT_NE(text.find("32 bits of TensorFlow Lite's result"), std::string::npos) << text;
}

TEST(WideSums, RunLikeTheReference) {
  for (const Preset preset : {Preset::kTflite16x8, Preset::kLitert16x8}) {
    for (const bool fully_connected : {false, true}) {
      QuantizedNetwork network = wide_network(preset);
      network.layers[0].fully_connected = fully_connected;
      network.layers[0].bias = {std::int64_t{3} << 40, -(std::int64_t{3} << 40), 5};
      network.layers[0].weight_scales = {1e-9F};
      const AcceleratorConfig config = wide_machine(48);
      expect_runs_like_reference(network, compile(network, config), config, Level::kFunctional);
    }
  }
}

/// Beside a bias of 32 bits the kernel's own sums have 32, whatever the machine's.
TEST(WideSums, BesideANarrowBiasHave32Bits) {
  QuantizedNetwork network = wide_network(Preset::kTflite16x8);
  network.layers[0].sums_of_32_bits = true;
  EXPECT_NE(refusal(network, wide_machine(32)).find("multiplier_bits = 16; accepted: 32"), std::string::npos);
  AcceleratorConfig whole = wide_machine(32);
  whole.requant.multiplier_bits = 32;
  expect_runs_like_reference(network, compile(network, whole), whole, Level::kFunctional);
  network.layers[0].bias[1] = INT32_MAX - 117964799;
  network.preset = Preset::kLitert16x8;
  network.layers[0].fully_connected = true;  // in double, on a machine with wider accumulators
  const std::string text = refusal(network, wide_machine(40));
  EXPECT_NE(text.find("2147483648, beyond the 32 bits that"), std::string::npos) << text;
}

/// A product of two tensors takes 31 bits, which a multiplier of 16 would cut.
TEST(WideSums, ProductsNeedTheWholeMultiplier) {
  QuantizedNetwork network = wide_network(Preset::kTflite16x8);
  QuantizedLayer product;
  product.name = "product";
  product.op = LayerOp::kMultiply;
  product.inputs = {1, 1};
  product.clamp_min = -32768;
  product.clamp_max = 32767;
  QuantizedTensor out = network.tensors[1];
  out.name = "y";
  product.output = static_cast<int>(network.tensors.size());
  network.tensors.push_back(out);
  network.outputs = {product.output};
  network.layers.push_back(product);
  const std::string text = refusal(network, wide_machine(32));
  EXPECT_NE(text.find("multiplier_bits = 16; accepted: 32"), std::string::npos) << text;
}

}  // namespace
}  // namespace systoliq::model::test
