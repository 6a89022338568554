// SPDX-License-Identifier: Apache-2.0
// Explanations of random outputs of random networks: both walks meet the machine's integer, and the command and cycle
// that an explanation names are those in which the waveforms show the word being written.
#include "tb/explain/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "rtl_cosim/stimuli/random_case.h"
#include "rtl_cosim/stimuli/random_draw.h"
#include "sw_ref/reference/reference.h"
#include "tests/model/compiler/compiler_networks.h"
#include "tests/tb/explain/write_watch.h"
#include "types/util/index.h"

namespace systoliq::test {
namespace {

constexpr int kOutputs = 1000, kOutputsPerNetwork = 4;

/// Networks in which accumulators overflow: rare among random ones.
constexpr std::uint64_t kRareSeeds[] = {5220, 5842, 6057, 6214, 6527, 5333, 5469, 5824, 5992, 6071, 6397};

/// What was met on the way, so that the test says what it covers.
struct Seen {
  int outputs = 0, networks = 0, padding = 0, narrowed = 0, clamped = 0, packed = 0, several_executes = 0, stored = 0,
      overlapping = 0, codebook = 0, output_stationary = 0, grouped = 0;
  std::map<std::string, int> ops;
  std::set<Preset> presets;
};

void count(const tb::Explanation& e, const stimuli::RandomCase& made, const model::Program& program, Seen* seen) {
  const QuantizedLayer& layer = e.layer_of();
  ++seen->outputs;
  ++seen->ops[to_string(layer.op)];
  seen->presets.insert(made.network.preset);
  for (const TracedPass& pass : e.model.passes) {
    bool padding = false;
    bool narrowed = pass.narrowed;
    for (const TracedProduct& p : pass.products) {
      padding = padding || p.padding;
      narrowed = narrowed || p.narrowed;
    }
    seen->padding += padding ? 1 : 0;
    seen->narrowed += narrowed ? 1 : 0;
  }
  seen->clamped += e.model.number("before the clamp") != e.model.result ? 1 : 0;
  seen->packed += program.packing[e.layer].active() ? 1 : 0;
  seen->several_executes += e.run.executes.size() > 1 ? 1 : 0;
  seen->stored += e.store >= 0 ? 1 : 0;
  seen->overlapping += e.also_written_by.empty() ? 0 : 1;
  seen->codebook += made.config.weights.codec == model::WeightCodec::kCodebook ? 1 : 0;
  seen->output_stationary += made.config.array.dataflow == Dataflow::kOutputStationary ? 1 : 0;
  seen->grouped += layer.groups > 1 ? 1 : 0;
}

std::string describe(const tb::Explanation& e) {
  return "layer '" + e.layer_of().name + "' (" + to_string(e.layer_of().op) + "), channel " +
         std::to_string(e.channel) + ", row " + std::to_string(e.row) + ", column " + std::to_string(e.column);
}

/// Every number that must equal the machine's, which ran without an observer.
void expect_explained(const tb::Explanation& e, const tb::CompiledNetwork& compiled, const model::RunResult& machine,
                      const WriteWatch& watch) {
  SCOPED_TRACE(describe(e));
  EXPECT_EQ(e.first_difference(), "");
  const QuantizedLayer& layer = e.layer_of();
  const Shape& shape = nth(e.network->tensors, layer.output).shape;
  const std::int64_t at = (e.channel * shape[2] + e.row) * shape[3] + e.column;
  const std::int32_t result = nth(nth(machine.tensors, layer.output).data, at);
  EXPECT_EQ(e.reference.result, result);
  EXPECT_EQ(e.model.result, result);
  EXPECT_EQ(e.run.result, result);
  const WriteWatch::Write write = watch.write(e.post, e.buffer_word, e.lane);
  EXPECT_EQ(write.cycle, e.run.write_cycle);
  EXPECT_EQ(write.value, result);
  EXPECT_EQ(nth(machine.command_end_cycle, e.post), e.run.post_end);
  EXPECT_LT(e.run.post_start, e.run.write_cycle);
  EXPECT_LE(e.run.write_cycle, e.run.post_end);
  for (const tb::ExplainedExecute& each : e.run.executes) {
    EXPECT_EQ(nth(machine.command_end_cycle, each.command), each.end);
  }
  if (e.store < 0) return;
  EXPECT_EQ(nth(machine.command_end_cycle, e.store), e.run.store_end);
  const IntTensor in_memory = compiled.output(machine, layer.output);
  EXPECT_EQ(nth(in_memory.data, at), result);
}

void explain_some(const stimuli::RandomCase& made, const model::Mapping* mapping, std::uint64_t seed, int outputs,
                  Seen* seen) {
  std::optional<tb::CompiledNetwork> compiled;
  try {
    compiled.emplace(made.network, made.config, mapping);
  } catch (const InputError&) {
    return;  // not every network fits every machine
  }
  ++seen->networks;
  WriteWatch watch(made.config.array.rows);
  const model::RunResult machine = compiled->run(made.input, model::Level::kCycle, true, &watch);
  const tb::ObservedRun run = tb::model_run(*compiled, model::Level::kCycle);
  stimuli::RandomDraw draw(seed + 1'000'000);
  for (int i = 0; i < outputs; ++i) {
    const auto layer = static_cast<std::size_t>(draw.uniform(0, static_cast<int>(made.network.layers.size()) - 1));
    const Shape& shape = nth(made.network.tensors, made.network.layers[layer].output).shape;
    const auto pick = [&](std::int64_t size) { return draw.uniform(0, static_cast<int>(size) - 1); };
    const int channel = pick(shape[1]);
    const int row = pick(shape[2]);
    const tb::OutputPlace place = tb::find_output(made.network, *compiled, layer, channel, row, pick(shape[3]));
    const tb::Explanation explanation = tb::explain_output(made.network, *compiled, place, made.input, run);
    expect_explained(explanation, *compiled, machine, watch);
    count(explanation, made, compiled->program(), seen);
  }
}

void print(const Seen& seen) {
  std::cout << seen.outputs << " outputs of " << seen.networks << " networks:";
  for (const auto& [op, times] : seen.ops) std::cout << " " << times << " " << op;
  std::cout << "; passes with padding " << seen.padding << ", narrowed " << seen.narrowed << "; outputs clamped "
            << seen.clamped << ", tap-packed " << seen.packed << ", grouped " << seen.grouped
            << ", of several EXECUTEs " << seen.several_executes << ", stored " << seen.stored
            << ", of overlapping tiles " << seen.overlapping << ", of codebooks " << seen.codebook
            << ", output stationary " << seen.output_stationary << "; presets " << seen.presets.size() << "\n";
}

TEST(Explain, ThousandRandomOutputsAtLevelCycle) {
  Seen seen;
  for (std::uint64_t seed = 5000; seen.outputs < kOutputs && seed < 6000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    explain_some(stimuli::random_case(seed), nullptr, seed, std::min(kOutputsPerNetwork, kOutputs - seen.outputs),
                 &seen);
    if (HasFailure()) break;
  }
  print(seen);
  EXPECT_EQ(seen.outputs, kOutputs);
  EXPECT_EQ(seen.ops.size(), 7U);
  for (const auto& [op, times] : seen.ops) EXPECT_GE(times, 10) << op;
  for (const int times : {seen.padding, seen.clamped, seen.packed, seen.grouped, seen.several_executes, seen.stored,
                          seen.codebook, seen.output_stationary}) {
    EXPECT_GE(times, 10);
  }
  EXPECT_EQ(seen.presets.size(), kRtlPresets);
}

TEST(Explain, OverlappingTilesAndOverflowsAtLevelCycle) {
  Seen seen;
  for (const std::uint64_t seed : kRareSeeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    explain_some(stimuli::random_case(seed), nullptr, seed, 12, &seen);
  }
  stimuli::RandomCase halo;
  halo.network =
      model::test::NetworkBuilder({1, 16, 17, 17}).convolution(32, model::test::square(3, 1, 1)).max_pool(3, 2).build();
  halo.input = IntTensor({1, 16, 17, 17});
  stimuli::RandomDraw draw(1);
  for (std::int32_t& value : halo.input.data) value = draw.uniform(-128, 127);
  model::MappedGroup group = {{halo.network.layers[0].name, halo.network.layers[1].name}, false, 2, 3, 16};
  group.outer = model::LoopOrder::kChannelsOuter;
  const model::Mapping mapping = {{group}};
  explain_some(halo, &mapping, 1, 200, &seen);
  print(seen);
  EXPECT_GE(seen.overlapping, 10);
  EXPECT_GE(seen.narrowed, 100);
}

}  // namespace
}  // namespace systoliq::test
