// SPDX-License-Identifier: Apache-2.0
// What the benchmark programs do alike: processor time, registration, one core.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <type_traits>

namespace systoliq::bench {

/// Of this process, in seconds.
double processor_seconds();

benchmark::internal::Benchmark* add(const std::string& name, void (*function)(benchmark::State&));

/// Registers function(state, arguments…).
template <typename... Arguments>
void add(const std::string& name, void (*function)(benchmark::State&, Arguments...),
         std::decay_t<Arguments>... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { function(state, arguments...); })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
}

/// Stays on the core it is on, so that all figures are of one core; registers and runs. Returns the exit status.
int run_benchmarks(int argc, char** argv, void (*register_all)());

}  // namespace systoliq::bench
