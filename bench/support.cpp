// SPDX-License-Identifier: Apache-2.0
// Clock, core and order of a benchmark program.
#include "bench/support.h"

#include <sched.h>

#include <ctime>

namespace systoliq::bench {
namespace {

void stay_on_this_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

}  // namespace

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

benchmark::internal::Benchmark* add(const std::string& name, void (*function)(benchmark::State&)) {
  return benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
}

int run_benchmarks(int argc, char** argv, void (*register_all)()) {
  stay_on_this_core();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace systoliq::bench
