// SPDX-License-Identifier: Apache-2.0
// What the memory of the co-simulation refuses.
#include "rtl_cosim/accelerator/axi_memory.h"

#include <gtest/gtest.h>

#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr int kBytes = 10'001;  // not a whole number of beats

AxiMemory memory() {
  model::MemoryConfig config;
  config.bytes_per_cycle = 16;
  return AxiMemory(config, std::vector<std::uint8_t>(kBytes, 7));
}

TEST(AxiMemory, TakesBurstsUpToItsEnd) {
  AxiMemory tested = memory();
  EXPECT_NO_THROW(tested.accept_read(0, {4096 - 256, 16, 4, 1}));
  EXPECT_NO_THROW(tested.accept_write({4097, 256, 4, 1}));
  EXPECT_NO_THROW(tested.accept_read(0, {kBytes - 1, 1, 4, 1}));
  EXPECT_EQ(tested.byte(kBytes - 1), 7);
  EXPECT_EQ(tested.byte(kBytes), 0) << "a lane of the last beat";
  EXPECT_NO_THROW(tested.set_byte(kBytes - 1, 1));
}

TEST(AxiMemory, RefusesWhatNoMemoryTakes) {
  AxiMemory tested = memory();
  EXPECT_THROW(tested.accept_read(0, {0, 1, 3, 1}), InternalError) << "narrow";
  EXPECT_THROW(tested.accept_write({0, 1, 5, 1}), InternalError) << "wider than the bus";
  EXPECT_THROW(tested.accept_read(0, {0, 1, 4, 0}), InternalError) << "FIXED";
  EXPECT_THROW(tested.accept_write({0, 1, 4, 2}), InternalError) << "WRAP";
  EXPECT_THROW(tested.accept_read(0, {4096 - 16, 2, 4, 1}), InternalError) << "across 4 KiB";
  EXPECT_THROW(tested.accept_write({kBytes + 15, 1, 4, 1}), InternalError);
  EXPECT_THROW(tested.accept_read(0, {kBytes - 16, 3, 4, 1}), InternalError);
  EXPECT_THROW(tested.accept_read(0, {~std::uint64_t{15}, 1, 4, 1}), InternalError);
  EXPECT_THROW(tested.byte(kBytes + 16), InternalError);
  EXPECT_THROW(tested.set_byte(kBytes, 1), InternalError);
  EXPECT_THROW(tested.accept_beat(0, true), InternalError) << "without an address";
}

}  // namespace
}  // namespace systoliq::rtl
