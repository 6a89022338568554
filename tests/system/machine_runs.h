// SPDX-License-Identifier: Apache-2.0
// What the system tests share: a network on the machine at every level beside the integer reference, and the checks
// that must hold between them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw_ref/reference/reference.h"
#include "tb/compare/compiled_network.h"

namespace systoliq::test {

inline std::int64_t count_differences(const IntTensor& expected, const IntTensor& found) {
  if (expected.data.size() != found.data.size()) return static_cast<std::int64_t>(expected.data.size()) + 1;
  std::int64_t differences = 0;
  for (std::size_t i = 0; i < expected.data.size(); ++i) differences += expected.data[i] != found.data[i] ? 1 : 0;
  return differences;
}

/// Every layer's observed output, and every network output as it lies in memory, that differs from the reference.
inline std::int64_t count_mismatches(const QuantizedNetwork& network, const tb::CompiledNetwork& compiled,
                                     const sw_ref::ReferenceResult& expected, const model::RunResult& found) {
  std::int64_t mismatches = 0;
  for (const QuantizedLayer& layer : network.layers) {
    const auto output = static_cast<std::size_t>(layer.output);
    mismatches += count_differences(expected.tensors.at(output), found.tensors.at(output));
  }
  for (const int output : network.outputs) {
    mismatches +=
        count_differences(expected.tensors.at(static_cast<std::size_t>(output)), compiled.output(found, output));
  }
  return mismatches;
}

inline sw_ref::ReferenceResult reference_of(const QuantizedNetwork& network, const tb::CompiledNetwork& compiled,
                                            const IntTensor& input) {
  return sw_ref::run_reference(network, {{compiled.input(), input}}, compiled.order(), compiled.program().packing);
}

/// All counters that need no data, in one list.
inline std::vector<std::int64_t> timed_numbers(const model::LayerCounters& c) {
  std::vector<std::int64_t> numbers;
  model::visit_counters([&](const std::string&, model::CounterSource source, auto get) {
    if (source != model::CounterSource::kData) numbers.push_back(get(c));
  });
  return numbers;
}

/// Busy + stalls + idle = cycles for each engine and layer, nothing negative, layers sum to the whole.
inline void expect_exact_attribution(const model::RunResult& result) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const model::LayerCounters& layer = result.layers[i];
    total += layer.cycles;
    for (const std::int64_t number : timed_numbers(layer)) EXPECT_GE(number, 0) << "layer " << i;
    for (std::size_t e = 0; e < layer.engines.size(); ++e) {
      std::int64_t sum = layer.engines[e].busy + layer.engines[e].idle;
      for (const std::int64_t stall : layer.engines[e].stall) sum += stall;
      EXPECT_EQ(sum, layer.cycles) << "layer " << i << ", engine " << e;
    }
    EXPECT_EQ(layer.ideal_cycles + layer.tile_underutilization_cycles + layer.fill_cycles + layer.drain_cycles,
              layer.engines[static_cast<std::size_t>(model::Engine::kExecute)].busy)
        << "layer " << i;
  }
  EXPECT_EQ(total, result.cycles);
}

inline void expect_same_time(const model::RunResult& timing, const model::RunResult& transaction) {
  EXPECT_EQ(timing.cycles, transaction.cycles);
  EXPECT_TRUE(timing.command_end_cycle == transaction.command_end_cycle);
  ASSERT_EQ(timing.layers.size(), transaction.layers.size());
  for (std::size_t i = 0; i < timing.layers.size(); ++i) {
    EXPECT_EQ(timed_numbers(timing.layers[i]), timed_numbers(transaction.layers[i])) << "layer " << i;
  }
}

/// Data at levels functional and transaction against the reference, time at timing against transaction. Tiles of fused
/// layers may overlap, hence a layer's overflows are at least the reference's.
inline void expect_all_levels_agree(const QuantizedNetwork& network, const tb::CompiledNetwork& compiled,
                                    const IntTensor& input) {
  const sw_ref::ReferenceResult expected = reference_of(network, compiled, input);
  const model::RunResult functional = compiled.run(input, model::Level::kFunctional, true);
  const model::RunResult timing = compiled.run(input, model::Level::kTiming, false);
  const model::RunResult transaction = compiled.run(input, model::Level::kTransaction, true);
  EXPECT_EQ(count_mismatches(network, compiled, expected, functional), 0) << "level functional";
  EXPECT_EQ(count_mismatches(network, compiled, expected, transaction), 0) << "level transaction";
  EXPECT_TRUE(functional.memory == transaction.memory) << "final memory of functional and transaction";
  expect_same_time(timing, transaction);
  expect_exact_attribution(transaction);
  ASSERT_EQ(functional.layers.size(), network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    EXPECT_EQ(functional.layers[i].overflows, transaction.layers[i].overflows) << "layer " << i;
    EXPECT_EQ(functional.layers[i].clamps, transaction.layers[i].clamps) << "layer " << i;
    EXPECT_GE(transaction.layers[i].overflows, expected.overflows[i]) << "layer " << i;
  }
}

}  // namespace systoliq::test
