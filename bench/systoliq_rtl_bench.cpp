// SPDX-License-Identifier: Apache-2.0
// Simulated cycles a second: the Verilated RTL, and the model beside it in the same run (docs/benchmarks.md).
#include <memory>

#include "bench/machine_cycles.h"
#include "bench/support.h"
#include "bench/workload.h"
#include "rtl_cosim/accelerator/accelerator_device.h"

namespace systoliq::bench {
namespace {

Rates rtl_rates;  ///< of this run

/// Of the RTL on its memory, without any comparison.
void rtl_cycles(benchmark::State& state, const std::string& network) {
  const Workload& work = workload(network);
  const model::Program& program = work.compiled->program();
  const std::int64_t end = run_program(program, work.config, model::Level::kTiming, program.image).cycles;
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

void register_all() {
  for (const char* network : {"lenet5", "e3_conv2"}) {
    add(std::string("cycles_rtl/") + network, rtl_cycles, network);
    add_machine_cycles(network, &rtl_rates);
  }
}

}  // namespace
}  // namespace systoliq::bench

int main(int argc, char** argv) { return systoliq::bench::run_benchmarks(argc, argv, systoliq::bench::register_all); }
