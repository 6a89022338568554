// SPDX-License-Identifier: Apache-2.0
// dram NETWORK.q.onnx: the network runs from a DRAM that CPU and accelerator share.
#include <systoliq/model/tlm/accelerator.h>

#include <cstdio>
#include <exception>
#include <systemc>

#include "at_bridge.h"
#include "cpu.h"
#include "dram.h"

namespace {

int run(const char* network) {
  using namespace systoliq::model;
  const AcceleratorConfig config;
  validate(config);
  const example::Workload workload(network, config);
  example::Cpu cpu("cpu", workload);
  example::AtBridge cpu_bridge("cpu_bridge"), accelerator_bridge("accelerator_bridge");
  example::Dram dram("dram", std::size_t{16} << 20);
  AcceleratorModule accelerator("accelerator");
  sc_core::sc_signal<bool> interrupt("interrupt");
  cpu.registers.bind(accelerator.csr_socket);
  cpu.memory.bind(cpu_bridge.blocking);
  cpu.interrupt_i(interrupt);
  accelerator.memory_socket.bind(accelerator_bridge.blocking);
  accelerator.interrupt_o(interrupt);
  cpu_bridge.phases.bind(dram.socket);
  accelerator_bridge.phases.bind(dram.socket);
  accelerator.configure(config, Level::kTransaction, workload.program().layer_names.size());

  sc_core::sc_start();
  if (accelerator.failure()) std::rethrow_exception(accelerator.failure());
  std::printf("%lld row hits, %lld misses, %lld refreshes\n", static_cast<long long>(dram.counts().hits),
              static_cast<long long>(dram.counts().misses), static_cast<long long>(dram.counts().refreshes));
  return cpu.passed() ? 0 : 1;
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: dram NETWORK.q.onnx\n");
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dram: %s\n", error.what());
    return 2;
  }
}
