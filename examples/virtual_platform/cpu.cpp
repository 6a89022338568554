// SPDX-License-Identifier: Apache-2.0
// The driver: load the program once, then for each input write it, start, wait for the interrupt, read the output.
#include "cpu.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace example {

using systoliq::model::Csr;

namespace {

constexpr std::size_t kTransferBytes = 64;  ///< a cache line
const sc_core::sc_time kInstructionTime(5, sc_core::SC_NS);

}  // namespace

Cpu::Cpu(const sc_core::sc_module_name& name, const Workload& workload) : sc_module(name), workload_(workload) {
  tlm_utils::tlm_quantumkeeper::set_global_quantum(sc_core::sc_time(1, sc_core::SC_US));
  time_.reset();
  SC_THREAD(run);
}

void Cpu::transfer(tlm_utils::simple_initiator_socket<Cpu>& socket, tlm::tlm_command command, std::uint64_t address,
                   void* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time ahead = time_.get_local_time();
  socket->b_transport(payload, ahead);
  time_.set(ahead);
  time_.inc(kInstructionTime);
  if (time_.need_sync()) time_.sync();
  if (!payload.is_response_ok()) SC_REPORT_FATAL("cpu", payload.get_response_string().c_str());
}

std::uint32_t Cpu::read(Csr csr) {
  std::uint32_t value = 0;
  transfer(registers, tlm::TLM_READ_COMMAND, static_cast<std::uint64_t>(csr), &value, sizeof value);
  return value;
}
void Cpu::write(Csr csr, std::uint32_t value) {
  transfer(registers, tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(csr), &value, sizeof value);
}

/// The memory image holds weights, parameters and commands at the addresses that the commands name. A loader takes no
/// time, hence debug transport.
void Cpu::load_program() {
  std::vector<std::uint8_t> image = workload_.program().image;
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(0);
  payload.set_data_ptr(image.data());
  payload.set_data_length(static_cast<unsigned>(image.size()));
  if (memory->transport_dbg(payload) != image.size()) SC_REPORT_FATAL("cpu", "the program does not fit the memory");
}

void Cpu::drive(const systoliq::IntTensor& input) {
  const systoliq::model::Program& program = workload_.program();
  std::vector<std::uint8_t> bytes = workload_.pack_input(input);
  const auto base = static_cast<std::uint64_t>(workload_.input_place().address);
  for (std::size_t done = 0; done < bytes.size(); done += kTransferBytes) {
    const std::size_t part = std::min(kTransferBytes, bytes.size() - done);
    transfer(memory, tlm::TLM_WRITE_COMMAND, base + done, &bytes[done], part);
  }
  write(Csr::kCommandAddressLow, static_cast<std::uint32_t>(program.command_address));
  write(Csr::kCommandAddressHigh, 0);
  write(Csr::kCommandCount, static_cast<std::uint32_t>(program.commands.size()));
  time_.sync();  // what was written has happened before the run begins
  write(Csr::kControl, 1);
}

void Cpu::run() {
  load_program();
  const systoliq::IntTensor input = workload_.digit();
  drive(input);
  time_.sync();
  const sc_core::sc_time started = sc_core::sc_time_stamp();
  while (!interrupt_i.read()) wait(interrupt_i.posedge_event());
  time_.reset();
  const std::uint32_t status = read(Csr::kStatus), cycles = read(Csr::kCyclesLow);
  write(Csr::kInterrupt, 1);
  if (status != systoliq::model::kStatusDone) SC_REPORT_FATAL("cpu", "the run ended with an error");

  std::vector<std::uint8_t> bytes(workload_.output_bytes());
  transfer(memory, tlm::TLM_READ_COMMAND, static_cast<std::uint64_t>(workload_.output_place().address), bytes.data(),
           bytes.size());
  time_.sync();
  std::printf("started at %s, interrupt after %u cycles of %s, done at %s\n", started.to_string().c_str(), cycles,
              workload_.cycle().to_string().c_str(), sc_core::sc_time_stamp().to_string().c_str());
  passed_ = report(workload_, input, workload_.unpack_output(bytes));
}

}  // namespace example
