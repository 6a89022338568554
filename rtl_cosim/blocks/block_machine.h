// SPDX-License-Identifier: Apache-2.0
// The machine that a block of systoliq_add_cosim() is for, from the values that CMake gives (SYSTOLIQ_BLOCK_…).
#pragma once

#include <algorithm>

#include "model/config/accelerator_config.h"

namespace systoliq::rtl {

/// Buffers are small, to be compared whole after every command.
inline model::AcceleratorConfig block_machine() {
  model::AcceleratorConfig config;
  config.array.rows = SYSTOLIQ_BLOCK_ROWS;
  config.array.cols = SYSTOLIQ_BLOCK_COLS;
  config.array.dataflow = SYSTOLIQ_BLOCK_DATAFLOW != 0 ? Dataflow::kOutputStationary : Dataflow::kWeightStationary;
  config.datatypes.activation_bits = SYSTOLIQ_BLOCK_ACTIVATION_BITS;
  config.datatypes.weight_bits = SYSTOLIQ_BLOCK_WEIGHT_BITS;
  config.datatypes.accumulator_bits = SYSTOLIQ_BLOCK_ACCUMULATOR_BITS;
  config.datatypes.overflow = SYSTOLIQ_BLOCK_SATURATE != 0 ? Overflow::kSaturate : Overflow::kWrap;
  config.requant.lanes = SYSTOLIQ_BLOCK_LANES;
  config.requant.multiplier_bits = SYSTOLIQ_BLOCK_MULTIPLIER_BITS;
  config.buffers.activation_kib = (config.array.rows * config.datatypes.activation_bits + 1) / 2;  // 4096 words
  config.buffers.weight_kib = 2;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 2 * ((1 << config.datatypes.activation_bits) / (config.array.cols * 8) + 1) + 16;
  return config;
}

}  // namespace systoliq::rtl
