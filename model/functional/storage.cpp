// SPDX-License-Identifier: Apache-2.0
// Sizing of the buffers.
#include "model/functional/storage.h"

namespace systoliq::model {

void Storage::configure(const AcceleratorConfig& new_config) {
  config = new_config;
  activations.resize("activation", config.activation_words(), config.array.rows);
  weights.resize("weight", config.weight_words(), config.array.cols);
  accumulators.resize("accumulator", config.accumulator_words(), config.array.cols);
  params.resize("param", config.param_words(), config.array.cols);
}

std::uint8_t* Storage::memory_at(std::int64_t address, std::int64_t bytes) {
  if (address < 0 || bytes < 0 || address + bytes > static_cast<std::int64_t>(memory.size())) {
    throw InternalError("memory refuses " + std::to_string(bytes) + " bytes at address " + std::to_string(address) +
                        ": outside of " + std::to_string(memory.size()));
  }
  return memory.data() + address;
}

}  // namespace systoliq::model
