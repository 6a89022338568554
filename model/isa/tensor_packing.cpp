// SPDX-License-Identifier: Apache-2.0
// Tensors in external memory: blocked channels, packed lanes.
#include <string>

#include "model/isa/lane_packing.h"
#include "model/isa/program.h"

namespace systoliq::model {
namespace {

void check_placement(const Shape& shape, const TensorPlacement& placement, std::size_t memory_bytes) {
  check(shape.size() == 4 && shape[0] == 1 && placement.lanes >= 1, "placed tensors are [1, c, h, w]");
  const std::int64_t bytes = shape[2] * shape[3] * placement.blocks * placement.word_bytes;
  check(placement.address >= 0 && placement.address + bytes <= static_cast<std::int64_t>(memory_bytes),
        "tensor placement outside of the memory");
}

template <typename Visit>
void each_word(const Shape& shape, const TensorPlacement& placement, Visit visit) {
  const std::int64_t pixels = shape[2] * shape[3];
  std::int64_t address = placement.address;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int block = 0; block < placement.blocks; ++block, address += placement.word_bytes) {
      visit(pixel, block * placement.lanes, address);
    }
  }
}

}  // namespace

void pack_tensor(const IntTensor& values, std::int32_t zero_point, const TensorPlacement& placement,
                 std::vector<std::uint8_t>& memory) {
  check_placement(values.shape, placement, memory.size());
  const std::int64_t pixels = values.shape[2] * values.shape[3];
  std::vector<std::int16_t> word(static_cast<std::size_t>(placement.lanes));
  each_word(values.shape, placement, [&](std::int64_t pixel, int channel, std::int64_t address) {
    for (int lane = 0; lane < placement.lanes; ++lane, ++channel) {
      const bool exists = channel < values.shape[1];
      const std::int32_t value = exists ? values.data[static_cast<std::size_t>(channel * pixels + pixel)] : zero_point;
      const std::int32_t limit = 1 << (placement.bits - 1);
      check(value >= -limit && value < limit, "value outside of the tensor's width");
      word[static_cast<std::size_t>(lane)] = static_cast<std::int16_t>(value);
    }
    pack_lanes(word.data(), placement.bits, placement.lanes, memory.data() + address);
  });
}

IntTensor unpack_tensor(const Shape& shape, const TensorPlacement& placement, const std::vector<std::uint8_t>& memory) {
  check_placement(shape, placement, memory.size());
  IntTensor values(shape);
  const std::int64_t pixels = shape[2] * shape[3];
  std::vector<std::int16_t> word(static_cast<std::size_t>(placement.lanes));
  each_word(shape, placement, [&](std::int64_t pixel, int channel, std::int64_t address) {
    unpack_lanes(memory.data() + address, placement.bits, placement.lanes, word.data());
    for (int lane = 0; lane < placement.lanes && channel < shape[1]; ++lane, ++channel) {
      values.data[static_cast<std::size_t>(channel * pixels + pixel)] = word[static_cast<std::size_t>(lane)];
    }
  });
  return values;
}

}  // namespace systoliq::model
