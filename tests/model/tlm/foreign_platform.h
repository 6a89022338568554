// SPDX-License-Identifier: Apache-2.0
// A platform of somebody else's around the accelerator's module: a driver that knows its registers, and a memory that
// knows nothing of the accelerator's burst extension, so that its b_transport delay, or the latency of the DMI that it
// grants, is what counts.
#pragma once

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <systemc>
#include <utility>
#include <vector>

#include "model/isa/csr.h"
#include "model/tlm/accelerator.h"
#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {

inline constexpr std::int32_t kOut = kDataBase + 4096;

/// How a foreign memory answers: it annotates its delay, lets it pass, or annotates it and grants DMI with it as
/// latency.
enum class Answer { kAnnotates, kWaits, kGrantsDmi };

/// Every access takes `delay_ns`.
class ForeignMemory final : public sc_core::sc_module {
 public:
  ForeignMemory(const sc_core::sc_module_name& name, std::vector<std::uint8_t> bytes, Answer answer)
      : sc_module(name), bytes_(std::move(bytes)), answer_(answer) {
    socket.register_b_transport(this, &ForeignMemory::b_transport);
    socket.register_get_direct_mem_ptr(this, &ForeignMemory::get_direct_mem_ptr);
  }
  tlm_utils::simple_target_socket<ForeignMemory> socket{"socket"};
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  void withdraw_dmi() { socket->invalidate_direct_mem_ptr(0, bytes_.size() - 1); }
  double delay_ns = 20.0;
  int calls = 0;  ///< of b_transport

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++calls;
    std::uint8_t* place = &bytes_.at(payload.get_address());
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), place, payload.get_data_length());
    if (payload.is_write()) std::memcpy(place, payload.get_data_ptr(), payload.get_data_length());
    delay += sc_core::sc_time(delay_ns, sc_core::SC_NS);
    payload.set_dmi_allowed(answer_ == Answer::kGrantsDmi);
    if (answer_ == Answer::kWaits) {
      sc_core::wait(delay);
      delay = sc_core::SC_ZERO_TIME;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    if (answer_ != Answer::kGrantsDmi) return false;
    dmi.set_dmi_ptr(bytes_.data());
    dmi.set_end_address(bytes_.size() - 1);
    dmi.set_read_latency(sc_core::sc_time(delay_ns, sc_core::SC_NS));
    dmi.set_write_latency(dmi.get_read_latency());
    dmi.allow_read_write();
    return true;
  }
  std::vector<std::uint8_t> bytes_;
  Answer answer_;
};

class Driver final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Driver);
  Driver(const sc_core::sc_module_name& name, std::uint32_t commands) : sc_module(name), commands_(commands) {
    SC_THREAD(run);
  }
  tlm_utils::simple_initiator_socket<Driver> socket{"socket"};
  sc_core::sc_in<bool> interrupt_i{"interrupt_i"};

  std::uint32_t status = 0;
  std::uint32_t cycles = 0;
  std::uint32_t error_command = 0, error_code = 0, commands_left = 0;
  sc_core::sc_time start_ahead = sc_core::SC_ZERO_TIME;  ///< how far this driver is ahead of time when it starts a run
  sc_core::sc_time started, ended;
  tlm::tlm_response_status bad_offset = tlm::TLM_OK_RESPONSE, start_while_busy = tlm::TLM_OK_RESPONSE;

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t offset, std::uint32_t* value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay = std::exchange(ahead, sc_core::SC_ZERO_TIME);
    socket->b_transport(payload, delay);
    EXPECT_EQ(delay, sc_core::SC_ZERO_TIME) << "a register's access takes no time beyond what was annotated";
    return payload.get_response_status();
  }

 private:
  tlm::tlm_response_status write(Csr csr, std::uint32_t value) {
    return access(tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(csr), &value);
  }
  std::uint32_t read(Csr csr) {
    std::uint32_t value = 0;
    access(tlm::TLM_READ_COMMAND, static_cast<std::uint64_t>(csr), &value);
    return value;
  }
  void run() {
    wait(sc_core::sc_time(3.3, sc_core::SC_NS));  // a start between the edges of anybody's clock
    std::uint32_t unused = 0;
    bad_offset = access(tlm::TLM_READ_COMMAND, kCsrBytes, &unused);
    write(Csr::kCommandCount, commands_);
    ahead = start_ahead;
    write(Csr::kControl, 1);
    started = sc_core::sc_time_stamp();
    start_while_busy = write(Csr::kControl, 1);
    while (!interrupt_i.read()) wait(interrupt_i.posedge_event());
    ended = sc_core::sc_time_stamp();
    status = read(Csr::kStatus);
    cycles = read(Csr::kCyclesLow);
    error_command = read(Csr::kErrorCommand);
    error_code = read(Csr::kErrorCode);
    commands_left = read(Csr::kCommandCount);
    write(Csr::kInterrupt, 1);
    wait(interrupt_i.negedge_event());
  }
  std::uint32_t commands_;
  sc_core::sc_time ahead = sc_core::SC_ZERO_TIME;  ///< of the next access
};

/// Several may be in one simulation, with different names. The clock has one period a nanosecond unless said otherwise.
struct ForeignPlatform {
  ForeignPlatform(const Program& program, Answer answer, const std::string& name = "foreign", int clock_mhz = 1000)
      : accelerator((name + "_accelerator").c_str()),
        memory((name + "_memory").c_str(), program.image, answer),
        driver((name + "_driver").c_str(), static_cast<std::uint32_t>(program.commands.size())),
        interrupt((name + "_interrupt").c_str()) {
    driver.socket.bind(accelerator.csr_socket);
    accelerator.memory_socket.bind(memory.socket);
    accelerator.interrupt_o(interrupt);
    driver.interrupt_i(interrupt);
    AcceleratorConfig config = small_config();
    config.clock_mhz = clock_mhz;
    accelerator.configure(config, Level::kTransaction, 1);
  }
  AcceleratorModule accelerator;
  ForeignMemory memory;
  Driver driver;
  sc_core::sc_signal<bool> interrupt;
};

/// LOAD 20 words of 4 bytes, wait, STORE them: 80 bytes are 2 bursts each.
inline Program copy_program() {
  ProgramBuilder builder(small_config());
  for (std::size_t i = 0; i < 80; ++i) builder.memory()[kDataBase + i] = static_cast<std::uint8_t>(3 * i + 1);
  builder.add(load_words(LoadTarget::kActivation, kDataBase, 7, 20), 0, 1);
  builder.add(store_words(7, kOut, 20, 4), 1);
  return builder.program();
}

inline void expect_copied(const ForeignPlatform& platform) {
  EXPECT_EQ(platform.driver.status, kStatusDone);
  EXPECT_EQ(platform.driver.bad_offset, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(platform.driver.start_while_busy, tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(std::memcmp(&platform.memory.bytes()[kDataBase], &platform.memory.bytes()[kOut], 80), 0);
}

/// SystemC elaborates once a process: such tests skip when run_program() has been called before in theirs (ctest runs
/// each test in a process of its own).
class VirtualPlatform : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sc_core::sc_get_status() != sc_core::SC_ELABORATION) GTEST_SKIP() << "SystemC has been elaborated already";
  }
};

}  // namespace systoliq::model::test
