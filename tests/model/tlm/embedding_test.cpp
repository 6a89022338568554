// SPDX-License-Identifier: Apache-2.0
// What a platform of somebody else's may count on: the clock of clock.mhz, DMI and debug transport, and registers that
// are accessed at the time of the access.
#include "model/tlm/cycle_time.h"
#include "model/tlm/memory.h"
#include "tests/model/tlm/foreign_platform.h"

namespace systoliq::model::test {
namespace {

using sc_core::sc_time;

class Embedding : public VirtualPlatform {};

TEST_F(Embedding, CycleIsThePeriodOfTheClock) {
  auto* slow = new ForeignPlatform(copy_program(), Answer::kAnnotates, "slow", 500);  // SystemC outlives the test
  auto* fast = new ForeignPlatform(copy_program(), Answer::kAnnotates, "fast", 1000);
  auto* odd = new ForeignPlatform(copy_program(), Answer::kAnnotates, "odd", 300);
  fast->memory.delay_ns = 10.0;  // 10 cycles each
  odd->memory.delay_ns = 33.33;
  sc_core::sc_start();
  for (const ForeignPlatform* platform : {slow, fast, odd}) {
    expect_copied(*platform);
    EXPECT_EQ(platform->driver.cycles, fast->driver.cycles);
  }
  const auto cycles = static_cast<double>(fast->driver.cycles);
  EXPECT_EQ(fast->driver.ended - fast->driver.started, cycles * sc_time(1, sc_core::SC_NS));
  EXPECT_EQ(slow->driver.ended - slow->driver.started, cycles * sc_time(2, sc_core::SC_NS));
  EXPECT_EQ(odd->driver.ended - odd->driver.started, cycles * sc_time(3333, sc_core::SC_PS));
}

TEST_F(Embedding, CycleTooShortForTheTimeResolutionBad) {
  sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
  AcceleratorConfig config;
  config.clock_mhz = 500;
  EXPECT_EQ(cycle_time(config).value(), 2U);
  config.clock_mhz = 1000;
  try {
    cycle_time(config);
    FAIL() << "a cycle of one step was accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("clock.mhz = 1000"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("1 ns"), std::string::npos) << error.what();
  }
}

TEST_F(Embedding, DirectMemoryChangesNeitherBitsNorCycles) {
  auto* called = new ForeignPlatform(copy_program(), Answer::kAnnotates, "called");
  auto* direct = new ForeignPlatform(copy_program(), Answer::kGrantsDmi, "direct");
  sc_core::sc_start();
  expect_copied(*called);
  EXPECT_EQ(called->memory.bytes(), direct->memory.bytes());
  EXPECT_EQ(called->driver.cycles, direct->driver.cycles);
  EXPECT_EQ(called->driver.cycles, 194U);  // virtual_platform_test.cpp counts them
  EXPECT_EQ(called->memory.calls, 3 * 4 + 2 + 2);
  EXPECT_EQ(direct->memory.calls, 2) << "one for each direction, to learn that DMI is allowed";
}

/// After the memory has withdrawn its pointer, it is called again.
TEST_F(Embedding, WithdrawnDirectMemoryIsNotUsed) {
  auto* platform = new ForeignPlatform(copy_program(), Answer::kGrantsDmi);
  sc_core::sc_start(30, sc_core::SC_NS);
  EXPECT_EQ(platform->memory.calls, 1);
  platform->memory.withdraw_dmi();
  sc_core::sc_start();
  expect_copied(*platform);
  EXPECT_EQ(platform->driver.cycles, 194U);
  EXPECT_EQ(platform->memory.calls, 3);
}

/// A CPU that runs 500 ns ahead starts the run when its own time comes.
TEST_F(Embedding, RegistersAreAccessedAtTheTimeOfTheAccess) {
  auto* platform = new ForeignPlatform(copy_program(), Answer::kAnnotates);
  platform->driver.start_ahead = sc_time(500, sc_core::SC_NS);
  sc_core::sc_start();
  expect_copied(*platform);
  EXPECT_EQ(platform->driver.cycles, 194U);
  EXPECT_EQ(platform->driver.started, sc_time(503.3, sc_core::SC_NS));
  EXPECT_EQ(platform->driver.ended, sc_time(503.3 + 194, sc_core::SC_NS));
}

unsigned debug(ForeignPlatform& platform, tlm::tlm_command command, std::uint64_t offset,
               std::vector<unsigned char>* data) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(offset);
  payload.set_data_ptr(data->data());
  payload.set_data_length(static_cast<unsigned>(data->size()));
  return platform.driver.socket->transport_dbg(payload);
}

TEST_F(Embedding, DebugTransportReadsRegistersAndChangesNothing) {
  auto* platform = new ForeignPlatform(copy_program(), Answer::kAnnotates);
  sc_core::sc_start();
  std::vector<unsigned char> all(kCsrBytes + 10, 0xEE);
  EXPECT_EQ(debug(*platform, tlm::TLM_READ_COMMAND, 0, &all), kCsrBytes);
  EXPECT_EQ(all[4], kStatusDone);
  EXPECT_EQ(all[0x18], 194);
  EXPECT_EQ(all[kCsrBytes], 0xEE);
  std::vector<unsigned char> part(2, 0xEE);
  EXPECT_EQ(debug(*platform, tlm::TLM_READ_COMMAND, 0x17, &part), 2U);
  EXPECT_EQ(part, (std::vector<unsigned char>{0, 194}));
  EXPECT_EQ(debug(*platform, tlm::TLM_READ_COMMAND, kCsrBytes, &part), 0U);
  std::vector<unsigned char> one = {1, 0, 0, 0};
  EXPECT_EQ(debug(*platform, tlm::TLM_WRITE_COMMAND, 0, &one), 0U);
  EXPECT_EQ(debug(*platform, tlm::TLM_READ_COMMAND, 4, &one), 4U);
  EXPECT_EQ(one[0], kStatusDone) << "a debug write started a run";
}

/// An initiator at the project's own memory.
struct Probe final : public sc_core::sc_module {
  explicit Probe(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_invalidate_direct_mem_ptr(this, &Probe::invalidate);
  }
  void invalidate(sc_dt::uint64, sc_dt::uint64) { ++invalidations; }
  tlm_utils::simple_initiator_socket<Probe> socket{"socket"};
  int invalidations = 0;
};

TEST_F(Embedding, OwnMemoryAnswersDebugTransportAndGrantsDirectMemory) {
  Probe probe("probe");
  Memory memory("memory");
  probe.socket.bind(memory.socket);
  memory.configure(small_config(), {1, 2, 3, 4});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  tlm::tlm_generic_payload payload;
  std::vector<unsigned char> data = {9, 9, 9};
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(2);
  payload.set_data_ptr(data.data());
  payload.set_data_length(3);
  EXPECT_EQ(probe.socket->transport_dbg(payload), 2U);
  payload.set_address(4);
  EXPECT_EQ(probe.socket->transport_dbg(payload), 0U);
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(1);
  EXPECT_EQ(probe.socket->transport_dbg(payload), 3U);
  EXPECT_EQ(data, (std::vector<unsigned char>{2, 9, 9}));

  tlm::tlm_dmi dmi;
  ASSERT_TRUE(probe.socket->get_direct_mem_ptr(payload, dmi));
  EXPECT_TRUE(dmi.is_read_write_allowed());
  EXPECT_EQ(dmi.get_end_address(), 3U);
  EXPECT_EQ(dmi.get_read_latency(), sc_time(2 * (10 + 1), sc_core::SC_NS));
  EXPECT_EQ(dmi.get_dmi_ptr()[2], 9);
  EXPECT_EQ(probe.invalidations, 0);
  EXPECT_EQ(memory.take_bytes(), (std::vector<std::uint8_t>{1, 2, 9, 9}));
  EXPECT_EQ(probe.invalidations, 1);
  EXPECT_FALSE(probe.socket->get_direct_mem_ptr(payload, dmi)) << "there are no bytes";
}

}  // namespace
}  // namespace systoliq::model::test
