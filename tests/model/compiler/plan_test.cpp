// SPDX-License-Identifier: Apache-2.0
// Which tensors stay on chip, what is fused, and that a refusal names the smallest buffer, which then does.
#include "model/compiler/plan.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <regex>

#include "compiler_networks.h"
#include "rtl_cosim/stimuli/random_case.h"

namespace systoliq::model {
namespace {

using Home = TensorPlan::Home;

Plan plan_of(const QuantizedNetwork& network, const AcceleratorConfig& config) { return plan_network(network, config); }

QuantizedNetwork three_convolutions() {
  return test::NetworkBuilder({1, 16, 16, 16})
      .convolution(16, test::square(3, 1, 1))
      .convolution(16, test::square(3, 1, 1))
      .convolution(16, test::square(3, 1, 1))
      .build();
}

std::int64_t memory_traffic(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  const RunResult result =
      test::expect_runs_like_reference(network, compile(network, config), config, Level::kTransaction);
  std::int64_t bytes = 0;
  for (const LayerCounters& layer : result.layers) bytes += layer.memory_read_bytes + layer.memory_write_bytes;
  return bytes;
}

TEST(Plan, TensorsThatFitStayOnChip) {
  const Plan plan = plan_of(three_convolutions(), {});
  EXPECT_EQ(plan.tensors[0].home, Home::kMemory) << "the network's input";
  EXPECT_EQ(plan.tensors[1].home, Home::kResident);
  EXPECT_EQ(plan.tensors[2].home, Home::kResident);
  EXPECT_EQ(plan.tensors[3].home, Home::kMemory) << "the network's output";
  // Tensors 1 and 2 live together: 256 words each.
  const std::int64_t distance = plan.tensors[1].address - plan.tensors[2].address;
  EXPECT_GE(std::abs(distance), 256);
}

TEST(Plan, TensorsThatDoNotFitPassThroughMemory) {
  AcceleratorConfig small;
  small.buffers.activation_kib = 2;
  const Plan plan = plan_of(three_convolutions(), small);
  EXPECT_EQ(plan.tensors[1].home, Home::kMemory);
  EXPECT_EQ(plan.tensors[2].home, Home::kMemory);
  EXPECT_GT(memory_traffic(three_convolutions(), small), memory_traffic(three_convolutions(), {}));
}

TEST(Plan, PoolingIsFusedWhereTheTensorBetweenWouldGoThroughMemory) {
  const QuantizedNetwork network =
      test::NetworkBuilder({1, 16, 24, 24}).convolution(16, test::square(3, 1, 1)).max_pool(2, 2).build();
  AcceleratorConfig small;
  small.buffers.activation_kib = 4;
  const Plan plan = plan_of(network, small);
  ASSERT_EQ(plan.groups.size(), 1U);
  EXPECT_EQ(plan.groups[0].count, 2);
  EXPECT_EQ(plan.tensors[1].home, Home::kStaged);
  const Program program = compile(network, small);
  for (const TensorPlacement& placement : program.placements) EXPECT_NE(placement.tensor, 1) << "never in memory";
  test::expect_runs_like_reference(network, program, small, Level::kTransaction);
}

TEST(Plan, TilesAreDoubleBufferedWhereTheyFit) {
  const QuantizedNetwork network = test::NetworkBuilder({1, 16, 64, 64}).convolution(16, test::square(3, 1, 1)).build();
  AcceleratorConfig config;
  config.buffers.activation_kib = 16;
  const Plan plan = plan_of(network, config);
  ASSERT_EQ(plan.groups.size(), 1U);
  EXPECT_EQ(plan.groups[0].whole_copies, 2);
  EXPECT_EQ(plan.groups[0].sliced_copies, 2);
  EXPECT_LE(2 * (plan.groups[0].whole_words + plan.groups[0].sliced_words), config.activation_words());
}

int* buffer_of(AcceleratorConfig* config, const std::string& key) {
  if (key == "activation_kib") return &config->buffers.activation_kib;
  if (key == "weight_kib") return &config->buffers.weight_kib;
  if (key == "accumulator_kib") return &config->buffers.accumulator_kib;
  if (key == "parameter_kib") return &config->buffers.parameter_kib;
  return nullptr;
}

struct Refusal {
  std::string layer, key;
  int smallest = 0;
};

/// What a compilation is refused for; nullopt if it is not, or not for a buffer.
std::optional<Refusal> refusal_of(const QuantizedNetwork& network, const AcceleratorConfig& config) {
  try {
    compile(network, config);
    return std::nullopt;
  } catch (const InputError& error) {
    static const std::regex pattern("layer '([^']*)'.*buffers\\.(\\w+)(?: = | of at least )(\\d+)");
    const std::string text = error.what();
    std::smatch match;
    if (!std::regex_search(text, match, pattern)) return std::nullopt;
    return Refusal{match[1], match[2], std::stoi(match[3])};
  }
}

/// Enlarges the named buffer until the network compiles. One unit less than named must be refused for that layer too.
int satisfy(const QuantizedNetwork& network, AcceleratorConfig* config) {
  int refusals = 0;
  std::map<std::string, std::string> last_layer;
  while (const auto refusal = refusal_of(network, *config)) {
    int* buffer = buffer_of(config, refusal->key);
    if (buffer == nullptr) {
      ADD_FAILURE() << refusal->key << " is no buffer";
      return refusals;
    }
    EXPECT_LT(*buffer, refusal->smallest) << refusal->key << " is that large already";
    if (*buffer >= refusal->smallest) return refusals;
    *buffer = refusal->smallest - 1;
    const auto still = refusal_of(network, *config);
    EXPECT_TRUE(still.has_value() && still->key == refusal->key && still->layer == refusal->layer)
        << "less than buffers." << refusal->key << " = " << refusal->smallest << " does as well";
    *buffer = refusal->smallest;
    EXPECT_NE(last_layer[refusal->key], refusal->layer) << "named twice: the first figure was too small";
    last_layer[refusal->key] = refusal->layer;
    ++refusals;
  }
  return refusals;
}

TEST(Plan, RefusalNamesTheSmallestBufferThatDoes) {
  int refusals = 0;
  for (std::uint64_t seed = 5000; seed < 5200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(seed);
    made.config.buffers = {1, 1, 1, std::nullopt, 1, std::nullopt};
    made.config.requant.multiplier_bits = made.config.datatypes.accumulator_bits > 32 ? 16 : 32;
    refusals += satisfy(made.network, &made.config);
  }
  std::cout << "seeds 5000 to 5199: " << refusals << " refusals, each mended by the buffer named\n";
  EXPECT_GE(refusals, 20);
}

TEST(Plan, RefusedBiasNamesTheAccumulatorThatHoldsIt) {
  QuantizedNetwork network = test::NetworkBuilder({1, 16, 4, 4}).convolution(16, test::square(1)).build();
  network.layers[0].bias[3] = 100'000;
  AcceleratorConfig config;
  config.datatypes.accumulator_bits = 12;
  try {
    compile(network, config);
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(
        std::string(error.what()).find("does not fit the 12 bits of datatypes.accumulator_bits; accepted: at least 18"),
        std::string::npos)
        << error.what();
  }
  config.datatypes.accumulator_bits = 18;
  EXPECT_NO_THROW(compile(network, config));
  config.datatypes.accumulator_bits = 17;
  EXPECT_THROW(compile(network, config), InputError);
}

TEST(Plan, RefusedWeightBufferNamesItsSize) {
  const QuantizedNetwork network = test::NetworkBuilder({1, 256, 2, 2}).convolution(256, test::square(1)).build();
  AcceleratorConfig config;
  config.array.rows = config.array.cols = 256;
  config.buffers.weight_kib = 8;
  config.buffers.activation_kib = 64;
  const auto refusal = refusal_of(network, config);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->key, "weight_kib");
  EXPECT_EQ(refusal->smallest, 64) << "one pass is 256 words of 256 bytes";
  config.buffers.weight_kib = 64;
  test::expect_runs_like_reference(network, compile(network, config), config, Level::kTransaction);
}

TEST(Plan, PresetConflictBad) {
  AcceleratorConfig config;
  config.requant.preset = Preset::kFloor;
  EXPECT_THROW(compile(three_convolutions(), config), InputError);
  config.requant.preset = Preset::kTfliteRef;
  EXPECT_NO_THROW(compile(three_convolutions(), config));
}

}  // namespace
}  // namespace systoliq::model
