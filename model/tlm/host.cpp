// SPDX-License-Identifier: Apache-2.0
// One thread that serves requests from outside of the simulation.
#include "model/tlm/host.h"

namespace systoliq::model {

Host::Host(const sc_core::sc_module_name& name, AcceleratorModule& accelerator)
    : sc_module(name), accelerator_(accelerator) {
  SC_THREAD(serve);
}

void Host::request_run(std::uint64_t command_address, std::uint32_t command_count) {
  request_ = Request::kRun;
  command_address_ = command_address;
  command_count_ = command_count;
  finished_ = false;
  requested_.notify(sc_core::SC_ZERO_TIME);
}

void Host::request_reset() {
  request_ = Request::kReset;
  requested_.notify(sc_core::SC_ZERO_TIME);
}

void Host::serve() {
  for (;;) {
    while (request_ == Request::kNone) sc_core::wait(requested_);
    const Request request = request_;
    request_ = Request::kNone;
    if (request == Request::kReset) {
      accelerator_.reset();
    } else {
      run();
    }
  }
}

void Host::run() {
  write(Csr::kCommandAddressLow, static_cast<std::uint32_t>(command_address_));
  write(Csr::kCommandAddressHigh, static_cast<std::uint32_t>(command_address_ >> 32));
  write(Csr::kCommandCount, command_count_);
  write(Csr::kControl, 1);
  while (!interrupt_i.read()) {
    sc_core::wait(interrupt_i.posedge_event() | requested_);
    if (request_ == Request::kReset) return;
  }
  const bool failed = (read(Csr::kStatus) & kStatusError) != 0;
  write(Csr::kInterrupt, 1);
  sc_core::wait(interrupt_i.negedge_event());
  if (failed) return accelerator_.reset();
  finished_ = true;
}

void Host::access(tlm::tlm_command command, Csr csr, std::uint32_t* value) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(static_cast<std::uint64_t>(csr));
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(value));
  payload.set_data_length(4);
  payload.set_streaming_width(4);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  csr_socket->b_transport(payload, delay);
  check(payload.is_response_ok(), "register access refused: " + payload.get_response_string());
}

void Host::write(Csr csr, std::uint32_t value) { access(tlm::TLM_WRITE_COMMAND, csr, &value); }

std::uint32_t Host::read(Csr csr) {
  std::uint32_t value = 0;
  access(tlm::TLM_READ_COMMAND, csr, &value);
  return value;
}

}  // namespace systoliq::model
