// SPDX-License-Identifier: Apache-2.0
// Any mapping gives the network's integers; what is none of this network on this machine is refused.
#include "model/compiler/forced_mapping.h"

#include <gtest/gtest.h>

#include <iostream>
#include <numeric>
#include <random>

#include "compiler_networks.h"
#include "rtl_cosim/stimuli/random_case.h"

namespace systoliq::model {
namespace {

class Drawn final {
 public:
  explicit Drawn(std::uint64_t seed) : random_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool coin() { return between(0, 1) == 1; }

 private:
  std::mt19937_64 random_;
};

/// Other pieces for the groups of a mapping; some are none that the machine has.
Mapping drawn_from(const Mapping& mapping, const AcceleratorConfig& config, Drawn* drawn) {
  Mapping changed = mapping;
  for (MappedGroup& group : changed.groups) {
    group.tile_height = drawn->between(1, group.tile_height);
    group.tile_width = drawn->coin() ? group.tile_width : drawn->between(1, group.tile_width);
    group.on_chip = group.on_chip && drawn->coin();
    group.outer = drawn->coin() ? LoopOrder::kChannelsOuter : LoopOrder::kPixelsOuter;
    group.copies = static_cast<int>(drawn->between(1, 2));
    group.accumulator_parts = static_cast<int>(drawn->between(1, 2));
    const std::int64_t unit = std::lcm(config.array.rows, config.array.cols);
    if (group.channels > unit && drawn->coin()) group.channels = drawn->between(1, group.channels / unit) * unit;
  }
  return changed;
}

TEST(ForcedMapping, GivesTheSameIntegersInAnyPieces) {
  int ran = 0, sliced = 0, outer = 0;
  for (std::uint64_t seed = 7000; seed < 7300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Drawn drawn(seed);
    const stimuli::RandomCase made = stimuli::random_case(seed);
    Program program;
    try {
      program = compile(made.network, made.config);
      const Mapping changed = drawn_from(program.mapping, made.config, &drawn);
      program = compile(made.network, made.config, &changed);
    } catch (const InputError&) {
      continue;  // the other tests look at refusals
    }
    test::expect_runs_like_reference(made.network, program, made.config, Level::kFunctional);
    ++ran;
    for (const MappedGroup& group : program.mapping.groups) {
      sliced += group.channels % made.config.array.rows == 0 ? 1 : 0;
      outer += group.outer == LoopOrder::kChannelsOuter ? 1 : 0;
    }
  }
  std::cout << ran << " mappings of 300 ran; " << sliced << " groups by whole words of channels, " << outer
            << " with channels outer\n";
  EXPECT_GE(ran, 150);
}

QuantizedNetwork two_layers() {
  return test::NetworkBuilder({1, 16, 12, 12}).convolution(64, test::square(3, 1, 1)).max_pool(2, 2).build();
}

TEST(ForcedMapping, IsWhatTheProgramFollows) {
  const QuantizedNetwork network = two_layers();
  const Program found = compile(network, {});
  const Program again = compile(network, {}, &found.mapping);
  EXPECT_EQ(found.mapping.groups, again.mapping.groups);
  EXPECT_TRUE(found.image == again.image) << "the same commands";
}

TEST(ForcedMapping, SlicesAndOrdersRunLikeTheReference) {
  const QuantizedNetwork network = two_layers();
  for (const LoopOrder outer : {LoopOrder::kPixelsOuter, LoopOrder::kChannelsOuter}) {
    for (const std::int64_t channels : {16, 32, 48, 64}) {
      SCOPED_TRACE(std::to_string(channels) + " channels, outer " + kLoopOrderNames[static_cast<int>(outer)]);
      const std::string conv = network.layers[0].name, pool = network.layers[1].name;
      const Mapping mapping = {{{{conv, pool}, false, 2, 3, channels, outer, 2, 2}}};
      const Program program = compile(network, {}, &mapping);
      test::expect_runs_like_reference(network, program, {}, Level::kTransaction);
    }
  }
}

std::string refusal_of(const Mapping& mapping) {
  try {
    compile(two_layers(), {}, &mapping);
    return "accepted";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(ForcedMapping, RefusesWhatIsNoMappingBad) {
  const QuantizedNetwork network = two_layers();
  const std::string conv = network.layers[0].name, pool = network.layers[1].name;
  const MappedGroup good = {{conv, pool}, false, 6, 6, 64, LoopOrder::kPixelsOuter, 2, 2};
  EXPECT_EQ(refusal_of({{good}}), "accepted");
  const auto changed = [&](auto change) {
    MappedGroup group = good;
    change(&group);
    return refusal_of({{group}});
  };
  const std::string of = "mapping: group of layer '" + conv + "' ";
  EXPECT_EQ(changed([](MappedGroup* g) { g->tile_height = 7; }), of + "has tile height = 7; accepted: 1 to 6");
  EXPECT_EQ(changed([](MappedGroup* g) { g->tile_width = 0; }), of + "has tile width = 0; accepted: 1 to 6");
  EXPECT_EQ(changed([](MappedGroup* g) { g->channels = 24; }),
            of + "has channels = 24; accepted: 64, or multiples of 16");
  EXPECT_EQ(changed([](MappedGroup* g) { g->copies = 3; }), of + "has copies = 3; accepted: 1 to 2");
  EXPECT_EQ(changed([](MappedGroup* g) { g->on_chip = true; }),
            of + "keeps its output on chip, where nobody reads it or where it does not fit");
  EXPECT_EQ(changed([&](MappedGroup* g) {
              g->layers = {conv};
              g->tile_height = g->tile_width = 12;
            }),
            "mapping: layer '" + pool + "' is in no group; every layer must be in one");
  EXPECT_EQ(changed([&](MappedGroup* g) {
              g->layers = {conv, "other"};
            }),
            of + "names 'other' where layer '" + pool + "' comes");
  EXPECT_EQ(refusal_of({{good, good}}), of + "follows the last layer");
}

}  // namespace
}  // namespace systoliq::model
