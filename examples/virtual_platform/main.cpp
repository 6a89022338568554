// SPDX-License-Identifier: Apache-2.0
// virtual_platform NETWORK.q.onnx [MACHINE.toml]: a CPU has a network run on the accelerator and checks the result.
#include <systoliq/model/tlm/accelerator.h>

#include <cstdio>
#include <exception>
#include <systemc>

#include "cpu.h"
#include "ram.h"

namespace {

constexpr std::size_t kRamBytes = std::size_t{16} << 20;

int run(const char* network, const char* machine) {
  using namespace systoliq::model;
  const AcceleratorConfig config = machine == nullptr ? AcceleratorConfig{} : read_config(machine);
  validate(config);
  const example::Workload workload(network, config);
  std::printf("%zu commands from %lld on; input at %lld, output at %lld\n", workload.program().commands.size(),
              static_cast<long long>(workload.program().command_address),
              static_cast<long long>(workload.input_place().address),
              static_cast<long long>(workload.output_place().address));

  example::Cpu cpu("cpu", workload);
  example::Ram ram("ram", kRamBytes, sc_core::sc_time(40, sc_core::SC_NS));
  AcceleratorModule accelerator("accelerator");
  sc_core::sc_signal<bool> interrupt("interrupt");
  cpu.registers.bind(accelerator.csr_socket);
  cpu.memory.bind(ram.cpu_port);
  cpu.interrupt_i(interrupt);
  accelerator.memory_socket.bind(ram.accelerator_port);
  accelerator.interrupt_o(interrupt);
  accelerator.configure(config, Level::kTransaction, workload.program().layer_names.size());

  sc_core::sc_start();
  if (accelerator.failure()) std::rethrow_exception(accelerator.failure());
  return cpu.passed() ? 0 : 1;
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: virtual_platform NETWORK.q.onnx [MACHINE.toml]\n");
    return 2;
  }
  try {
    return run(argv[1], argc == 3 ? argv[2] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "virtual_platform: %s\n", error.what());
    return 2;
  }
}
