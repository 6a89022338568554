// SPDX-License-Identifier: Apache-2.0
// Runs an image again and again and counts the machine's cycles.
#include "bench/machine_cycles.h"

#include "bench/support.h"
#include "bench/workload.h"

namespace systoliq::bench {
namespace {

using model::Level;

void machine_cycles(benchmark::State& state, const std::string& network, Level level, const Rates* rtl_rates) {
  const Workload& work = workload(network);
  const double start = processor_seconds();
  std::int64_t cycles = 0;
  for (auto _ : state) cycles += work.compiled->run(work.input, level, false).cycles;
  const double rate = static_cast<double>(cycles) / (processor_seconds() - start);
  state.counters["cycles/s"] = rate;
  if (rtl_rates == nullptr) return;
  const auto rtl = rtl_rates->find(network);
  if (rtl != rtl_rates->end()) state.counters["times_RTL"] = rate / rtl->second;
}

}  // namespace

void add_machine_cycles(const std::string& network, const Rates* rtl_rates) {
  add("cycles_cycle/" + network, machine_cycles, network, Level::kCycle, rtl_rates);
  add("cycles_transaction/" + network, machine_cycles, network, Level::kTransaction, rtl_rates);
}

}  // namespace systoliq::bench
