// SPDX-License-Identifier: Apache-2.0
// Speed of the model on one core: MAC/s beside oneDNN's int8 matmul, and the time of one design point
// (docs/benchmarks.md). Rates are of processor time, so that another program on the machine disturbs them little.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/onednn_matmul.h"
#include "bench/workload.h"
#ifdef SYSTOLIQ_BENCH_RTL
#include "rtl_cosim/accelerator/accelerator_device.h"
#endif
#include "types/error.h"

namespace systoliq::bench {
namespace {

using model::Level;

/// Fastest that oneDNN has been in this run, in MAC/s; the model's share is of this.
double onednn_best = 0.0;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

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

std::map<std::string, double> rtl_rates;  ///< cycles a second of the Verilated RTL, by network, in this run

/// Simulated cycles a second of the model; of level cycle without a waveform.
void machine_cycles(benchmark::State& state, const std::string& network, Level level) {
  const Workload& work = workload(network);
  const double start = processor_seconds();
  std::int64_t cycles = 0;
  for (auto _ : state) cycles += work.compiled->run(work.input, level, false).cycles;
  const double rate = static_cast<double>(cycles) / (processor_seconds() - start);
  state.counters["cycles/s"] = rate;
  const auto rtl = rtl_rates.find(network);
  if (rtl != rtl_rates.end()) state.counters["times_RTL"] = rate / rtl->second;
}

#ifdef SYSTOLIQ_BENCH_RTL
/// The same of the Verilated RTL on its memory, without any comparison.
void rtl_cycles(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const model::Program& program = work.compiled->program();
  const std::int64_t end = run_program(program, work.config, Level::kTiming, program.image).cycles;
  const std::unique_ptr<rtl::AcceleratorDevice> device = rtl::make_accelerator(work.config);
  const double start = processor_seconds();
  std::int64_t cycles = 0;
  for (auto _ : state) {
    device->start(program.command_address, static_cast<std::uint32_t>(program.commands.size()),
                  work.compiled->memory(work.input));
    while (device->cycle() < end) device->step();
    cycles += end;
  }
  rtl_rates[network] = static_cast<double>(cycles) / (processor_seconds() - start);
  state.counters["cycles/s"] = rtl_rates[network];
}
#endif

/// Compilation and cycles: one point of a sweep.
void design_point(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  for (auto _ : state) {
    model::Program program = model::compile(work.network, work.config);
    std::vector<std::uint8_t> memory = std::move(program.image);
    benchmark::DoNotOptimize(run_program(program, work.config, Level::kTiming, std::move(memory)));
  }
}

benchmark::internal::Benchmark* add(const std::string& name, void (*function)(benchmark::State&)) {
  return benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
}

template <typename... Arguments>
void add(const std::string& name, void (*function)(benchmark::State&, Arguments...),
         std::decay_t<Arguments>... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { function(state, arguments...); })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
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
#ifdef SYSTOLIQ_BENCH_RTL
    add(std::string("cycles_rtl/") + network, rtl_cycles, network);
#endif
    add(std::string("cycles_cycle/") + network, machine_cycles, network, Level::kCycle);
    add(std::string("cycles_transaction/") + network, machine_cycles, network, Level::kTransaction);
  }
  add("functional/lenet5", images, "lenet5", Level::kFunctional);
  for (const char* network : {"lenet5", "vgg_cifar", "resnet18"}) {
    add(std::string("timing/") + network, timing, network);
    add(std::string("compile_and_timing/") + network, design_point, network);
  }
}

/// Stays on the core it is on, so that all figures are of one core.
void stay_on_this_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

}  // namespace
}  // namespace systoliq::bench

int main(int argc, char** argv) {
  systoliq::bench::stay_on_this_core();
  const std::string isa = systoliq::bench::limit_onednn();
  benchmark::AddCustomContext("onednn_isa", isa);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  systoliq::bench::register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
