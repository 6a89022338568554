// SPDX-License-Identifier: Apache-2.0
// Stored weights of 16 bits with a zero point are operands of 17 bits, at every level.
#include <gtest/gtest.h>

#include "tests/model/compiler/compiler_networks.h"

namespace systoliq::model::test {
namespace {

TEST(WideOperands, KeepTheirSeventeenBits) {
  QuantizedNetwork network = NetworkBuilder({1, 5, 4, 4}).convolution(6, square(3, 1, 1)).build();
  QuantizedLayer& layer = network.layers.front();
  layer.weight_bits = 16;
  layer.weight_zero_point = -32768;
  for (std::size_t i = 0; i < layer.weights.data.size(); ++i) layer.weights.data[i] = i % 2 == 0 ? 32767 : -32768;
  layer.weight_scales = {1e-6F};
  AcceleratorConfig config;
  config.datatypes.weight_bits = 16;
  const Program program = compile(network, config);
  for (const Level level : {Level::kFunctional, Level::kTransaction, Level::kCycle}) {
    expect_runs_like_reference(network, program, config, level);
  }
}

}  // namespace
}  // namespace systoliq::model::test
