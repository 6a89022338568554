// SPDX-License-Identifier: Apache-2.0
// Speed of the model on one core: MAC/s beside oneDNN's int8 matmul, and the time of one design point
// (docs/benchmarks.md). Rates are of processor time, so that another program on the machine disturbs them little.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/machine_cycles.h"
#include "bench/onednn_matmul.h"
#include "bench/support.h"
#include "bench/workload.h"
#include "model/replay/replay.h"

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
  for (auto _ : state) cycles = run_program(program, work.config, Level::kTiming, {}).cycles;
  state.counters["cycles"] = static_cast<double>(cycles);
  state.counters["commands"] = static_cast<double>(program.commands.size());
}

/// The same on the SystemC machine, which moves commands and no data; seconds by network, for the ratios below.
std::map<std::string, double> systemc_seconds;

void timing_in_systemc(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const model::Program& program = work.compiled->program();
  const double start = processor_seconds();
  for (auto _ : state) {
    benchmark::DoNotOptimize(model::run_timing_in_systemc(program, work.config, program.image));
  }
  systemc_seconds[network] = (processor_seconds() - start) / static_cast<double>(state.iterations());
}

/// How many times faster than the SystemC machine of the same run.
void report_ratio(benchmark::State& state, const std::string& network, double start) {
  const double seconds = (processor_seconds() - start) / static_cast<double>(state.iterations());
  const auto systemc = systemc_seconds.find(network);
  if (systemc != systemc_seconds.end()) state.counters["times_SystemC"] = systemc->second / seconds;
}

/// Cycles, ends and counters from a plan that is kept.
void replay_kept(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const model::ReplayPlan plan(work.compiled->program(), work.config);
  model::Replayer replayer;
  const double start = processor_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(replayer.run(plan).run.cycles);
  report_ratio(state, network, start);
  state.counters["commands"] = static_cast<double>(plan.count());
}

/// The plan from a program's commands.
void replay_plan(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const double start = processor_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(model::ReplayPlan(work.compiled->program(), work.config));
  report_ratio(state, network, start);
}

/// Compilation and cycles: one point of a sweep.
void design_point(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  for (auto _ : state) {
    const model::Program program = model::compile(work.network, work.config);
    benchmark::DoNotOptimize(run_program(program, work.config, Level::kTiming, {}));
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
    add(std::string("timing_in_systemc/") + network, timing_in_systemc, network);
    add(std::string("replay/") + network, replay_kept, network);
    add(std::string("replay_plan/") + network, replay_plan, network);
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
