// SPDX-License-Identifier: Apache-2.0
// External memory holds what exists, each layer at its own width, and nothing else.
#include <gtest/gtest.h>

#include "tests/model/compiler/compiler_networks.h"

namespace systoliq::model::test {
namespace {

constexpr Level kLevels[] = {Level::kFunctional, Level::kTransaction, Level::kCycle};

const TensorPlacement& placement_of(const Program& program, int tensor) {
  for (const TensorPlacement& each : program.placements) {
    if (each.tensor == tensor) return each;
  }
  throw InternalError("the tensor does not lie in memory");
}

void expect_runs(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  const Program program = compile(network, config);
  for (const Level level : kLevels) expect_runs_like_reference(network, program, config, level);
}

/// A pointwise layer, a 3 × 3 layer of so many groups, a pointwise layer.
QuantizedNetwork grouped(std::int64_t channels, int groups, std::int64_t group_outputs) {
  QuantizedNetwork network = NetworkBuilder({1, 5, 6, 7})
                                 .convolution(channels, square(1))
                                 .convolution(groups * group_outputs, square(3, 1, 1))
                                 .convolution(4, square(1))
                                 .build();
  QuantizedLayer& layer = network.layers[1];
  layer.groups = groups;
  const std::int64_t filter = channels / groups * 9;
  layer.weights.data.resize(static_cast<std::size_t>(groups * group_outputs * filter));
  layer.weights.shape = {groups * group_outputs, channels / groups, 3, 3};
  return network;
}

/// All tensors of so many bits, weights of so many.
void narrow(int activation_bits, int weight_bits, QuantizedNetwork* network) {
  const int half = 1 << (activation_bits - 1);
  for (QuantizedTensor& tensor : network->tensors) {
    tensor.bits = activation_bits;
    tensor.zero_point = std::min(tensor.zero_point, half - 1);
  }
  for (QuantizedLayer& layer : network->layers) {
    layer.clamp_min = -half;
    layer.clamp_max = half - 1;
    layer.weight_bits = weight_bits;
    for (std::int32_t& weight : layer.weights.data) weight >>= 8 - weight_bits;
  }
}

TEST(DenseMemory, DepthwiseWeightsAreTheirOwn) {
  const QuantizedNetwork network = grouped(40, 40, 1);
  const AcceleratorConfig config;
  const Program program = compile(network, config);
  EXPECT_EQ(program.weight_bytes[1], 40 * 9);
  EXPECT_EQ(program.weight_bytes[0], 40 * 5);
  EXPECT_EQ(program.weight_bytes[2], 4 * 40);
  expect_runs(network, config);
}

TEST(DenseMemory, RunReadsWhatExists) {
  const QuantizedNetwork network = grouped(40, 40, 1);
  const AcceleratorConfig config;
  const Program program = compile(network, config);
  const RunResult result = expect_runs_like_reference(network, program, config, Level::kTransaction);
  const std::int64_t weights = 40 * 5 + 40 * 9 + 4 * 40;
  const std::int64_t params = (40 + 40 + 4) * 16;
  const std::int64_t input = 5 * 6 * 7;
  std::int64_t read = 0;
  for (const LayerCounters& layer : result.layers) read += layer.memory_read_bytes;
  EXPECT_EQ(read, weights + params + input);
}

TEST(DenseMemory, GroupsOfEveryRelationToTheArray) {
  for (const auto& [rows, cols] : {std::pair{16, 16}, {7, 4}, {3, 16}, {16, 3}, {1, 5}, {5, 1}}) {
    for (const auto& [channels, groups, outputs] :
         {std::tuple{12, 4, 3}, {12, 3, 7}, {10, 2, 20}, {9, 9, 1}, {14, 7, 2}, {24, 8, 1}}) {
      SCOPED_TRACE(std::to_string(rows) + " × " + std::to_string(cols) + ", " + std::to_string(groups) + " groups of " +
                   std::to_string(channels / groups) + " and " + std::to_string(outputs));
      AcceleratorConfig config;
      config.array.rows = rows;
      config.array.cols = config.requant.lanes = cols;
      config.buffers.weight_kib = 1;
      const QuantizedNetwork network = grouped(channels, groups, outputs);
      expect_runs(network, config);
      // Whole groups side by side: no column of a block is another group's.
      const bool whole = outputs % cols == 0 || (cols % outputs == 0 && groups * outputs % cols == 0);
      const std::int64_t weights = element_count(network.layers[1].weights.shape);
      if (whole) {
        EXPECT_EQ(compile(network, config).weight_bytes[1], weights);
      }
    }
  }
}

TEST(DenseMemory, EveryLayerAtItsOwnWidth) {
  for (const auto& [activations, weights] : {std::pair{4, 4}, {3, 5}, {7, 2}, {8, 3}}) {
    SCOPED_TRACE(std::to_string(activations) + " bits, weights of " + std::to_string(weights));
    QuantizedNetwork network = grouped(34, 34, 1);
    narrow(activations, weights, &network);
    const AcceleratorConfig config;
    const Program program = compile(network, config);
    EXPECT_EQ(program.weight_bytes[0], 2 * ((16 * 5 * weights + 7) / 8) + (2 * 5 * weights + 7) / 8);
    EXPECT_EQ(program.weight_bytes[1], 2 * ((16 * 9 * weights + 7) / 8) + (2 * 9 * weights + 7) / 8);
    EXPECT_EQ(placement_of(program, 0).word_bytes, (5 * activations + 7) / 8);
    EXPECT_EQ(placement_of(program, 0).blocks, 1);
    expect_runs(network, config);
    AcceleratorConfig codebooks;
    codebooks.weights.codec = WeightCodec::kCodebook;
    expect_runs(network, codebooks);
  }
}

/// Tables of 8 entries on a machine of 16; the operand 0 has the same index in all channels, or not.
TEST(DenseMemory, NarrowCodebooks) {
  for (const bool same : {true, false}) {
    QuantizedNetwork network = grouped(20, 20, 1);
    for (QuantizedLayer& layer : network.layers) {
      layer.weight_bits = 3;
      for (std::int32_t& weight : layer.weights.data) weight = (weight + 32) % 8;
      const std::int64_t channels = layer.weights.shape[0];
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t zero = same ? 5 : 2 + c % 6;
        for (std::int64_t i = 0; i < 8; ++i) layer.codebook.push_back(i == zero ? 0 : static_cast<int>(9 * i - c - 11));
      }
    }
    AcceleratorConfig config;
    config.datatypes.weight_bits = 4;
    config.weights.codec = WeightCodec::kCodebook;
    expect_runs(network, config);
    const std::int64_t dense = (16 * 9 * 3 + 7) / 8 + (4 * 9 * 3 + 7) / 8;
    const std::int64_t stored = compile(network, config).weight_bytes[1];
    EXPECT_EQ(same ? stored : std::max(stored, dense + 1), same ? dense : stored);
  }
}

/// Planes that fit with a few words of every pixel only: a slice of words begins within a byte.
TEST(DenseMemory, SlicesOfPools) {
  for (const auto& [rows, bits] : {std::pair{3, 3}, {4, 8}, {5, 4}, {4, 2}}) {
    SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(bits) + " bits");
    QuantizedNetwork network = NetworkBuilder({1, 29, 24, 24}).max_pool(24, 24).build();
    narrow(bits, 2, &network);
    AcceleratorConfig config;
    config.array.rows = rows;
    config.datatypes.activation_bits = bits;
    config.buffers.activation_kib = 2 * ((24 * 24 * rows * bits + 8191) / 8192);
    expect_runs(network, config);
  }
}

}  // namespace
}  // namespace systoliq::model::test
