// SPDX-License-Identifier: Apache-2.0
// Tensors packed into memory and back, at every width; padding lanes, rounding up to bytes, and refusals.
#include <gtest/gtest.h>

#include <random>

#include "model/isa/lane_packing.h"
#include "model/isa/program.h"

namespace systoliq::model {
namespace {

TensorPlacement placement_of(const Shape& shape, int lanes, int bits, std::int64_t address) {
  TensorPlacement placement;
  placement.address = address;
  placement.lanes = lanes;
  placement.bits = bits;
  placement.blocks = static_cast<int>((shape[1] + lanes - 1) / lanes);
  placement.word_bytes = (lanes * bits + 7) / 8;
  return placement;
}

std::size_t bytes_of(const Shape& shape, const TensorPlacement& placement) {
  return static_cast<std::size_t>(shape[2] * shape[3] * placement.blocks * placement.word_bytes);
}

TEST(TensorMemory, RoundTripAtEveryWidth) {
  std::mt19937 random(5);
  for (int bits = 2; bits <= 16; ++bits) {
    for (const int lanes : {1, 3, 7, 8, 16, 33}) {
      for (const std::int64_t channels : {1, 7, 16, 34}) {
        SCOPED_TRACE(std::to_string(bits) + " bits, " + std::to_string(lanes) + " lanes");
        const Shape shape = {1, channels, 3, 5};
        const int half = 1 << (bits - 1);
        IntTensor values(shape);
        for (std::int32_t& value : values.data) value = std::uniform_int_distribution<int>(-half, half - 1)(random);
        values.data.front() = -half;
        values.data.back() = half - 1;
        const TensorPlacement placement = placement_of(shape, lanes, bits, 40);
        std::vector<std::uint8_t> memory(40 + bytes_of(shape, placement) + 9, 0xA5);
        pack_tensor(values, 1, placement, memory);
        ASSERT_TRUE(unpack_tensor(shape, placement, memory).data == values.data);
        for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(memory[i], 0xA5) << "before the tensor";
        for (std::size_t i = memory.size() - 9; i < memory.size(); ++i) ASSERT_EQ(memory[i], 0xA5) << "after it";
      }
    }
  }
}

TEST(TensorMemory, BlockedChannelsByHand) {
  const Shape shape = {1, 3, 1, 2};
  IntTensor values(shape, {1, 2, 3, 4, 5, 6});  // channel by channel
  const TensorPlacement placement = placement_of(shape, 2, 8, 0);
  std::vector<std::uint8_t> memory(8);
  pack_tensor(values, -7, placement, memory);
  const auto padding = static_cast<std::uint8_t>(-7);
  EXPECT_EQ(memory, (std::vector<std::uint8_t>{1, 3, 5, padding, 2, 4, 6, padding}));
}

TEST(TensorMemory, NarrowLanesByHand) {
  const Shape shape = {1, 3, 1, 1};
  const TensorPlacement placement = placement_of(shape, 3, 3, 0);
  ASSERT_EQ(placement.word_bytes, 2) << "9 bits round up to two bytes";
  std::vector<std::uint8_t> memory(2);
  pack_tensor(IntTensor(shape, {-1, 2, -4}), 0, placement, memory);
  EXPECT_EQ(memory, (std::vector<std::uint8_t>{0b00010111, 0b1})) << "111, 010, 100 from the least significant bit";
}

TEST(TensorMemory, LanesRoundTripSigned) {
  for (int bits = 2; bits <= 16; ++bits) {
    const int half = 1 << (bits - 1);
    const std::int16_t values[5] = {static_cast<std::int16_t>(-half), -1, 0, 1, static_cast<std::int16_t>(half - 1)};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(5 * bits + 7) / 8);
    pack_lanes(values, bits, 5, bytes.data());
    std::int16_t back[5] = {};
    unpack_lanes(bytes.data(), bits, 5, back);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(back[i], values[i]) << bits << " bits, lane " << i;
  }
}

TEST(TensorMemory, OutsideOfMemoryOrWidthBad) {
  const Shape shape = {1, 2, 2, 2};
  const TensorPlacement placement = placement_of(shape, 2, 4, 0);
  std::vector<std::uint8_t> memory(3);
  EXPECT_THROW(pack_tensor(IntTensor(shape, 1), 0, placement, memory), InternalError) << "one byte short";
  memory.resize(4);
  EXPECT_NO_THROW(pack_tensor(IntTensor(shape, 7), 0, placement, memory));
  EXPECT_THROW(pack_tensor(IntTensor(shape, 8), 0, placement, memory), InternalError) << "more than 4 bits";
}

}  // namespace
}  // namespace systoliq::model
