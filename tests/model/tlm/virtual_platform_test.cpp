// SPDX-License-Identifier: Apache-2.0
// The accelerator's module in a platform of somebody else's: a driver that knows its registers, and a memory that knows
// nothing of the accelerator's burst extension, so that its b_transport delay is what counts.
//
// SystemC elaborates once a process: these tests skip when run_program() has been called before in theirs (ctest runs
// each test in a process of its own).
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <memory>
#include <systemc>

#include "model/isa/csr.h"
#include "model/tlm/accelerator.h"
#include "tests/model/tlm/program_builder.h"

namespace systoliq::model::test {
namespace {

constexpr std::int32_t kOut = kDataBase + 4096;

/// Every access takes `delay_ns`; either annotated or waited for.
class ForeignMemory final : public sc_core::sc_module {
 public:
  ForeignMemory(const sc_core::sc_module_name& name, std::vector<std::uint8_t> bytes, bool waits)
      : sc_module(name), bytes_(std::move(bytes)), waits_(waits) {
    socket.register_b_transport(this, &ForeignMemory::b_transport);
  }
  tlm_utils::simple_target_socket<ForeignMemory> socket{"socket"};
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  double delay_ns = 20.0;

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    std::uint8_t* place = &bytes_.at(payload.get_address());
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), place, payload.get_data_length());
    if (payload.is_write()) std::memcpy(place, payload.get_data_ptr(), payload.get_data_length());
    delay += sc_core::sc_time(delay_ns, sc_core::SC_NS);
    if (waits_) {
      sc_core::wait(delay);
      delay = sc_core::SC_ZERO_TIME;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  std::vector<std::uint8_t> bytes_;
  bool waits_;
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
  tlm::tlm_response_status bad_offset = tlm::TLM_OK_RESPONSE, start_while_busy = tlm::TLM_OK_RESPONSE;

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t offset, std::uint32_t* value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
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
    write(Csr::kControl, 1);
    start_while_busy = write(Csr::kControl, 1);
    while (!interrupt_i.read()) wait(interrupt_i.posedge_event());
    status = read(Csr::kStatus);
    cycles = read(Csr::kCyclesLow);
    error_command = read(Csr::kErrorCommand);
    error_code = read(Csr::kErrorCode);
    commands_left = read(Csr::kCommandCount);
    write(Csr::kInterrupt, 1);
    wait(interrupt_i.negedge_event());
  }
  std::uint32_t commands_;
};

struct ForeignPlatform {
  ForeignPlatform(const Program& program, bool memory_waits)
      : memory("foreign_memory", program.image, memory_waits),
        driver("driver", static_cast<std::uint32_t>(program.commands.size())) {
    driver.socket.bind(accelerator.csr_socket);
    accelerator.memory_socket.bind(memory.socket);
    accelerator.interrupt_o(interrupt);
    driver.interrupt_i(interrupt);
    accelerator.configure(small_config(), Level::kTransaction, 1);
  }
  AcceleratorModule accelerator{"foreign_accelerator"};
  ForeignMemory memory;
  Driver driver;
  sc_core::sc_signal<bool> interrupt{"foreign_interrupt"};
};

/// LOAD 20 words of 4 bytes, wait, STORE them: 80 bytes are 2 bursts each.
Program copy_program() {
  ProgramBuilder builder(small_config());
  for (std::size_t i = 0; i < 80; ++i) builder.memory()[kDataBase + i] = static_cast<std::uint8_t>(3 * i + 1);
  builder.add(load_words(LoadTarget::kActivation, kDataBase, 7, 20), 0, 1);
  builder.add(store_words(7, kOut, 20, 4), 1);
  return builder.program();
}

void expect_copied(const ForeignPlatform& platform) {
  EXPECT_EQ(platform.driver.status, kStatusDone);
  EXPECT_EQ(platform.driver.bad_offset, tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(platform.driver.start_while_busy, tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(std::memcmp(&platform.memory.bytes()[kDataBase], &platform.memory.bytes()[kOut], 80), 0);
}

class VirtualPlatform : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sc_core::sc_get_status() != sc_core::SC_ELABORATION) GTEST_SKIP() << "SystemC has been elaborated already";
  }
};

TEST_F(VirtualPlatform, AnnotatedDelayOfAForeignMemoryIsItsTime) {
  auto* platform = new ForeignPlatform(copy_program(), false);  // SystemC's kernel outlives the test
  sc_core::sc_start();
  expect_copied(*platform);
  // A command is 4 bursts of 64 bytes; a burst accepted in a takes cycles a..a+19, of which the last 8 carry its beats,
  // and 2 may be in flight: accepted 1, 2, 21 (the first is complete in 20), 29 (the second, behind it, in 28),
  // complete in 20, 28, 40, 48. Command 2: 41, 49, 61, 69, complete in 60, 68, 80, 88. Command 3: 81, 89, 101, 109,
  // complete in 100, 108, 120, 128. LOAD, decoded in 49, must let these go first. Its own 2 bursts: 121 and 129,
  // complete in 140 and 148; of 64 and 16 bytes: 8 and 2 beats, so first beat 133 and 20 words from 133 to 152. STORE
  // starts in 153 and has read 16 words for its first burst in 169, all 20 in 173: complete in 188 and 192. HALT in
  // 193.
  EXPECT_EQ(platform->driver.cycles, 194U);
}

TEST_F(VirtualPlatform, ForeignMemoryMayLetTimePass) {
  auto* platform = new ForeignPlatform(copy_program(), true);
  sc_core::sc_start();
  expect_copied(*platform);
  EXPECT_GT(platform->driver.cycles, 194U);  // one burst at a time
}

/// The STORE that has started is carried out, the one behind it in the queue is not.
TEST_F(VirtualPlatform, RegistersNameABadCommand) {
  ProgramBuilder builder(small_config());
  std::fill_n(builder.memory().begin() + kOut, 160, std::uint8_t{7});
  builder.add(store_words(0, kOut, 20, 4), 0, 1);
  builder.add(store_words(0, kOut + 80, 20, 4), 2);  // awaits what never comes
  Execute bad = pointwise(5, 4, 4);
  bad.output_width = 65;
  builder.add(bad);
  auto* platform = new ForeignPlatform(builder.program(), false);
  sc_core::sc_start();
  Driver& driver = platform->driver;
  EXPECT_EQ(driver.status, kStatusError);
  EXPECT_EQ(driver.error_command, 2U);
  EXPECT_EQ(driver.error_code, 12U << 8 | 3U);
  EXPECT_EQ(driver.commands_left, 0U);
  EXPECT_GT(driver.cycles, 0U);
  EXPECT_EQ(platform->memory.bytes()[kOut + 79], 0);
  EXPECT_EQ(platform->memory.bytes()[kOut + 80], 7);
  std::uint32_t one = 1;  // no start before a reset
  for (const Csr csr : {Csr::kControl, Csr::kErrorCode, Csr::kErrorCommand}) {
    EXPECT_EQ(driver.access(tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(csr), &one),
              tlm::TLM_COMMAND_ERROR_RESPONSE);
  }
}

}  // namespace
}  // namespace systoliq::model::test
