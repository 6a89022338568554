// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines: every layer bit for bit as the reference at all levels that carry data, the same
// cycles and counters at all levels that carry time; what the machine cannot take is refused, with the layer's name.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "rtl_cosim/stimuli/random_case.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

struct Count {
  int run = 0, refused = 0, varied = 0;
  std::map<std::string, int> reasons;
};

/// A network of ort_mlas as one of ort_x86, whose sums the RTL does not have: level cycle names the first.
void run_with_float_sums(QuantizedNetwork network, const model::AcceleratorConfig& config, const IntTensor& input) {
  network.preset = Preset::kOrtX86;
  for (std::size_t i = 0; i < network.tensors.size(); ++i) {
    QuantizedTensor& tensor = network.tensors[i];
    if (i % 2 == 0) tensor.storage_offset = 1 << (tensor.bits - 1);
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) network.layers[i].sums_as_in_file = i % 2 == 0;
  const tb::CompiledNetwork compiled(network, config);
  expect_all_levels_agree(network, compiled, input);
  const bool adds = std::any_of(network.layers.begin(), network.layers.end(),
                                [](const QuantizedLayer& layer) { return layer.op == LayerOp::kAdd; });
  if (!adds) return;
  try {
    compiled.run(input, model::Level::kCycle, false);
    ADD_FAILURE() << "level cycle takes a sum in float";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("has preset ort_x86, which level cycle does not have yet"),
              std::string::npos)
        << error.what();
  }
}

void run_case(stimuli::RandomCase random_case, Count* count) {
  // A shift-only preset with a multiplier beside wide accumulators is no machine; its configuration is refused.
  model::RequantConfig& requant = random_case.config.requant;
  if (random_case.config.datatypes.accumulator_bits > 32 && requant.multiplier_bits > 16) requant.multiplier_bits = 16;
  std::optional<tb::CompiledNetwork> compiled;
  try {
    compiled.emplace(random_case.network, random_case.config);
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("layer '"), std::string::npos) << error.what();
    ++count->refused;
    ++count->reasons[error.what()];
    return;
  }
  ++count->run;
  const sw_ref::ReferenceResult expected = reference_of(random_case.network, *compiled, random_case.input);
  const IntTensor& last = expected.tensors.at(static_cast<std::size_t>(random_case.network.outputs.front()));
  count->varied += std::set<std::int32_t>(last.data.begin(), last.data.end()).size() >= 3 ? 1 : 0;
  expect_all_levels_agree(random_case.network, *compiled, random_case.input);
  if (random_case.network.preset == Preset::kOrtMlas) {
    run_with_float_sums(random_case.network, random_case.config, random_case.input);
  }
}

void print(const Count& count) {
  std::cout << count.run << " run (" << count.varied << " with three values or more in the last layer), "
            << count.refused << " refused\n";
  for (const auto& [reason, times] : count.reasons) std::cout << "  " << times << " × " << reason << "\n";
}

constexpr int kSeedsPerBlock = 200;

/// Other networks than the usual ones: SYSTOLIQ_SEED moves the first seed.
int first_seed() {
  const char* given = std::getenv("SYSTOLIQ_SEED");
  return given != nullptr ? std::atoi(given) : 0;
}

class RandomNetworks : public testing::TestWithParam<int> {};

TEST_P(RandomNetworks, AgreeAtEveryLevel) {
  Count count;
  for (int i = 0; i < kSeedsPerBlock; ++i) {
    const int seed = first_seed() + GetParam() * kSeedsPerBlock + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_case(stimuli::random_case(static_cast<std::uint64_t>(seed)), &count);
    if (HasFailure()) break;
  }
  std::cout << "seeds from " << first_seed() + GetParam() * kSeedsPerBlock << ": ";
  print(count);
  EXPECT_GE(count.run, kSeedsPerBlock * 9 / 10);
  EXPECT_GE(count.varied, kSeedsPerBlock / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetworks, testing::Range(0, 5));

/// Networks of narrow tensors on machines with wider activations and weights, multipliers of any width, and memory
/// ports of any shape: what a configuration may say and a network does not ask for.
TEST(RandomNetworksOnWideMachines, AgreeAtEveryLevel) {
  Count count;
  constexpr int kSeeds = 200;
  for (int seed = 2000; seed < 2000 + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(static_cast<std::uint64_t>(seed));
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    const auto uniform = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    model::AcceleratorConfig& config = made.config;
    config.datatypes.activation_bits = uniform(config.datatypes.activation_bits, 16);
    if (config.weights.codec == model::WeightCodec::kLinear) {
      config.datatypes.weight_bits = uniform(config.datatypes.weight_bits, 16);
    }
    config.datatypes.accumulator_bits = uniform(24, 48);
    const bool mlas = made.network.preset == Preset::kOrtMlas;
    if (mlas) config.datatypes.accumulator_bits = std::min(config.datatypes.accumulator_bits, 32);
    const int least = mlas ? 25 : 8;
    config.requant.multiplier_bits = uniform(least, config.datatypes.accumulator_bits > 32 ? 16 : 32);
    config.memory = {1 << uniform(0, 7), uniform(1, 300), 128 << uniform(0, 1), uniform(1, 20)};
    run_case(std::move(made), &count);
    if (HasFailure()) break;
  }
  std::cout << "seeds from 2000: ";
  print(count);
  EXPECT_GE(count.run, kSeeds * 3 / 4);
}

/// What level cycle does not have: the residual adds of xnn_fp32 and ort_x86.
class RandomNetworksOfOtherAdds : public testing::TestWithParam<Preset> {};

TEST_P(RandomNetworksOfOtherAdds, AgreeAtEveryLevelButCycle) {
  int adds = 0;
  Count count;
  for (int seed = 4000; seed < 4300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(static_cast<std::uint64_t>(seed));
    if (made.network.preset != Preset::kOrtMlas) continue;
    made.network.preset = GetParam();
    for (const QuantizedLayer& layer : made.network.layers) adds += layer.op == LayerOp::kAdd ? 1 : 0;
    run_case(std::move(made), &count);
    if (HasFailure()) break;
  }
  print(count);
  EXPECT_GE(count.run, 15);
  EXPECT_GE(adds, 3);
}

INSTANTIATE_TEST_SUITE_P(Presets, RandomNetworksOfOtherAdds, testing::Values(Preset::kXnnFp32, Preset::kOrtX86),
                         [](const auto& preset) { return std::string(to_string(preset.param)); });

/// Presets of 16 x 8 bits; every second layer is one that LiteRT would multiply by a double.
class RandomNetworksOfWideActivations : public testing::TestWithParam<Preset> {};

TEST_P(RandomNetworksOfWideActivations, AgreeAtEveryLevelButCycle) {
  int adds = 0;
  Count count;
  for (int seed = 5000; seed < 5060; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(static_cast<std::uint64_t>(seed));
    if (is_shift_only(made.network.preset)) continue;
    made.network.preset = GetParam();
    made.config.datatypes.accumulator_bits = 32;
    made.config.requant.multiplier_bits = 32;
    for (std::size_t i = 0; i < made.network.layers.size(); ++i) {
      QuantizedLayer& layer = made.network.layers[i];
      layer.fully_connected = layer.fully_connected || i % 2 == 0;
      adds += layer.op == LayerOp::kAdd ? 1 : 0;
    }
    run_case(std::move(made), &count);
    if (HasFailure()) break;
  }
  print(count);
  EXPECT_GE(count.run, 15);
  EXPECT_GE(adds, 3);
}

INSTANTIATE_TEST_SUITE_P(Presets, RandomNetworksOfWideActivations,
                         testing::Values(Preset::kTflite16x8, Preset::kLitert16x8),
                         [](const auto& preset) { return std::string(to_string(preset.param)); });

/// Everything else of ort_x86 runs at level cycle, by the code of ort_mlas.
TEST(RandomNetworksOfOnnxRuntimeOnX86, LevelCycleLacksTheAddAlone) {
  int run = 0;
  int refused = 0;
  for (int seed = 4000; seed < 4400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase made = stimuli::random_case(static_cast<std::uint64_t>(seed));
    if (made.network.preset != Preset::kOrtMlas) continue;
    made.network.preset = Preset::kOrtX86;
    std::optional<tb::CompiledNetwork> compiled;
    try {
      compiled.emplace(made.network, made.config);
    } catch (const InputError&) {
      continue;  // what the machine cannot take, as above
    }
    const std::vector<QuantizedLayer>& layers = made.network.layers;
    if (std::any_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.op == LayerOp::kAdd; })) {
      try {
        compiled->run(made.input, model::Level::kCycle, false);
        ADD_FAILURE() << "level cycle ran a residual add in float";
      } catch (const InputError& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find("has preset ort_x86, which level cycle does not have yet"), std::string::npos) << what;
      }
      ++refused;
      continue;
    }
    const model::RunResult found = compiled->run(made.input, model::Level::kCycle, false);
    const int last = made.network.outputs.front();
    const sw_ref::ReferenceResult expected = reference_of(made.network, *compiled, made.input);
    ASSERT_EQ(compiled->output(found, last).data, expected.tensors.at(static_cast<std::size_t>(last)).data);
    ++run;
  }
  EXPECT_GE(run, 10);
  EXPECT_GE(refused, 3);
}

struct Machine {
  const char* name;
  int rows, cols;
  model::BufferConfig buffers;
  int least_run;  ///< of kSeedsPerMachine
};
void PrintTo(const Machine& machine, std::ostream* out) { *out << machine.name; }

constexpr int kSeedsPerMachine = 40;
constexpr model::BufferConfig kPlenty = {128, 64, 64, 1024, 64, 1024};
constexpr model::BufferConfig kTiny = {1, 1, 1, 1, 1, 1};

class OddMachines : public testing::TestWithParam<Machine> {};

TEST_P(OddMachines, AgreeAtEveryLevel) {
  const Machine& machine = GetParam();
  Count count;
  for (int seed = 1000; seed < 1000 + kSeedsPerMachine; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    stimuli::RandomCase random_case = stimuli::random_case(static_cast<std::uint64_t>(seed));
    random_case.config.array.rows = machine.rows;
    random_case.config.array.cols = machine.cols;
    random_case.config.requant.lanes = 1 + seed % machine.cols;
    random_case.config.buffers = machine.buffers;
    run_case(std::move(random_case), &count);
    if (HasFailure()) break;
  }
  print(count);
  EXPECT_GE(count.run, machine.least_run);
}

INSTANTIATE_TEST_SUITE_P(Machines, OddMachines,
                         testing::Values(Machine{"1x1", 1, 1, kPlenty, 38}, Machine{"256x1", 256, 1, kPlenty, 38},
                                         Machine{"1x256", 1, 256, kPlenty, 38}, Machine{"5x7", 5, 7, kPlenty, 38},
                                         Machine{"33x15", 33, 15, kPlenty, 38}, Machine{"7x33", 7, 33, kPlenty, 38},
                                         Machine{"15x1", 15, 1, kTiny, 20}, Machine{"4x4 tiny", 4, 4, kTiny, 20},
                                         Machine{"1x1 tiny", 1, 1, kTiny, 20}),
                         [](const auto& machine) {
                           std::string name = std::string("M") + machine.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace systoliq::test
