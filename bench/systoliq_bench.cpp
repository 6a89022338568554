// SPDX-License-Identifier: Apache-2.0
// Speed of the model on one core: MAC/s beside oneDNN's int8 matmul, and the time of one design point
// (docs/benchmarks.md). Rates are of processor time, so that another program on the machine disturbs them little.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/machine_cycles.h"
#include "bench/onednn_matmul.h"
#include "bench/support.h"
#include "bench/workload.h"

namespace systoliq::bench {
namespace {

using model::Level;

/// Fastest that oneDNN has been in this run, in MAC/s; the model's share is of this.
double onednn_best = 0.0;

void report_rate(benchmark::State& state, double macs_per_second) { state.counters["GMAC/s"] = macs_per_second / 1e9; }

void onednn_matmul(benchmark::State& state) {
  const std::int64_t m = state.range(0);
  const std::int64_t k = state.range(1);
  const std::int64_t n = state.range(2);
  OnednnMatmul matmul(m, k, n);
  const double start = processor_seconds();
  for (auto _ : state) matmul.run();
  const double rate = static_cast<double>(m * k * n * state.iterations()) / (processor_seconds() - start);
  onednn_best = std::max(onednn_best, rate);
  report_rate(state, rate);
  state.SetLabel(matmul.implementation());
}

/// One image after the other; copying the memory image and packing the input belong to it.
void images(benchmark::State& state, const std::string& network, Level level) {
  const Workload& work = workload(network);
  const double start = processor_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(work.compiled->run(work.input, level, false));
  const double seconds = processor_seconds() - start;
  const double rate = static_cast<double>(work.macs * state.iterations()) / seconds;
  report_rate(state, rate);
  if (onednn_best > 0.0) state.counters["of_oneDNN_%"] = 100.0 * rate / onednn_best;
}

/// Cycles of a compiled network.
void timing(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const model::Program& program = work.compiled->program();
  std::int64_t cycles = 0;
  for (auto _ : state) cycles = run_program(program, work.config, Level::kTiming, program.image).cycles;
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["commands"] = static_cast<double>(program.commands.size());
}

/// Compilation and cycles: one point of a sweep.
void design_point(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  for (auto _ : state) {
    model::Program program = model::compile(work.network, work.config);
    std::vector<std::uint8_t> memory = std::move(program.image);
    benchmark::DoNotOptimize(run_program(program, work.config, Level::kTiming, std::move(memory)));
  }
}

void register_all() {
  add("onednn_u8s8s32", onednn_matmul)
      ->ArgNames({"m", "k", "n"})
      ->Args({1024, 1024, 1024})
      ->Args({3136, 576, 64})
      ->Args({784, 1152, 128});
  for (const char* network : {"vgg_cifar", "resnet18"}) {
    add(std::string("transaction/") + network, images, network, Level::kTransaction);
    add(std::string("functional/") + network, images, network, Level::kFunctional);
  }
  for (const char* network : {"lenet5", "e3_conv2"}) {
    add_machine_cycles(network, nullptr);
  }
  add("functional/lenet5", images, "lenet5", Level::kFunctional);
  for (const char* network : {"lenet5", "vgg_cifar", "resnet18"}) {
    add(std::string("timing/") + network, timing, network);
    add(std::string("compile_and_timing/") + network, design_point, network);
  }
}

}  // namespace
}  // namespace systoliq::bench

int main(int argc, char** argv) {
  const std::string isa = systoliq::bench::limit_onednn();
  benchmark::AddCustomContext("onednn_isa", isa);
  return systoliq::bench::run_benchmarks(argc, argv, systoliq::bench::register_all);
}
