// SPDX-License-Identifier: Apache-2.0
// Sizing of the buffers and the packing of narrow lanes.
#include "model/hw/machine_state.h"

#include <cstring>

namespace systoliq::model {

void MachineState::configure(const AcceleratorConfig& new_config) {
  config = new_config;
  activations.resize("activation", config.activation_words(), config.array.rows);
  weights.resize("weight", config.weight_words(), config.array.cols);
  accumulators.resize("accumulator", config.buffers.accumulator_words, config.array.cols);
  params.resize("param", config.buffers.param_words, config.array.cols);
}

std::uint8_t* MachineState::memory_at(std::int64_t address, std::int64_t bytes) {
  if (address < 0 || bytes < 0 || address + bytes > static_cast<std::int64_t>(memory.size())) {
    throw InternalError("memory access at " + std::to_string(address) + " of " + std::to_string(bytes) +
                        " bytes is outside of " + std::to_string(memory.size()));
  }
  return memory.data() + address;
}

void unpack_lanes(const std::uint8_t* bytes, int bits, int lanes, std::int16_t* values) {
  if (bits == 8) {
    for (int i = 0; i < lanes; ++i) values[i] = static_cast<std::int8_t>(bytes[i]);
    return;
  }
  for (int i = 0; i < lanes; ++i) {
    const int first = i * bits;
    std::uint32_t raw = 0;
    for (int byte = first / 8; byte <= (first + bits - 1) / 8; ++byte)
      raw |= std::uint32_t{bytes[byte]} << (8 * (byte - first / 8));
    const std::uint32_t field = raw >> (first % 8) << (32 - bits);
    values[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(field) >> (32 - bits));
  }
}

void pack_lanes(const std::int16_t* values, int bits, int lanes, std::uint8_t* bytes) {
  if (bits == 8) {
    for (int i = 0; i < lanes; ++i) bytes[i] = static_cast<std::uint8_t>(values[i]);
    return;
  }
  std::memset(bytes, 0, static_cast<std::size_t>((lanes * bits + 7) / 8));
  for (int i = 0; i < lanes * bits; ++i) {
    const bool set = (static_cast<std::uint32_t>(values[i / bits]) >> (i % bits) & 1U) != 0;
    if (set) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 1U << (i % 8));
  }
}

}  // namespace systoliq::model
