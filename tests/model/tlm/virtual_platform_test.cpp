// SPDX-License-Identifier: Apache-2.0
// The accelerator's module in a platform of somebody else's: time, registers and errors.
#include "tests/model/tlm/foreign_platform.h"

namespace systoliq::model::test {
namespace {

TEST_F(VirtualPlatform, AnnotatedDelayOfAForeignMemoryIsItsTime) {
  auto* platform = new ForeignPlatform(copy_program(), Answer::kAnnotates);  // SystemC's kernel outlives the test
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
  auto* platform = new ForeignPlatform(copy_program(), Answer::kWaits);
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
  auto* platform = new ForeignPlatform(builder.program(), Answer::kAnnotates);
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
