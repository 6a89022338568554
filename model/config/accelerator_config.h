// SPDX-License-Identifier: Apache-2.0
// The validated parameters of one machine; read from TOML by read_config(), passed everywhere by const reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "types/accumulation.h"
#include "types/preset.h"

namespace systoliq::model {

enum class WeightCodec { kLinear, kCodebook };

// The members' initializers are the default machine. Ranges, units, meaning, and the defaults of files that depend on
// other keys: model/config/config_keys.cpp.

struct ArrayConfig {
  int rows = 16;
  int cols = 16;
  Dataflow dataflow = Dataflow::kWeightStationary;
};

inline constexpr int kLeastAccumulatorBits = 12, kMostAccumulatorBits = 48;

struct DatatypeConfig {
  int activation_bits = 8;
  int weight_bits = 8;
  int accumulator_bits = 32;
  Overflow overflow = Overflow::kWrap;
};

struct WeightConfig {
  WeightCodec codec = WeightCodec::kLinear;
  int codebook_bits = 8;
};

struct RequantConfig {
  int multiplier_bits = 32;
  int shift_max = 62;
  std::optional<Preset> preset;  ///< unset: the network's
  int lanes = 16;
};

struct BufferConfig {
  int activation_kib = 128;
  int weight_kib = 64;
  int accumulator_kib = 64;
  std::optional<int> accumulator_words;  ///< set: instead of accumulator_kib
  int parameter_kib = 64;
  std::optional<int> param_words;  ///< set: instead of parameter_kib
};

struct MemoryConfig {
  int bytes_per_cycle = 16;
  int latency_cycles = 64;
  int burst_bytes = 256;
  int outstanding = 5;
};

struct AcceleratorConfig {
  ArrayConfig array;
  DatatypeConfig datatypes;
  WeightConfig weights;
  RequantConfig requant;
  BufferConfig buffers;
  MemoryConfig memory;
  int clock_mhz = 500;

  /// Picoseconds of a cycle, to the nearest.
  std::int64_t clock_period_ps() const { return (1'000'000 + clock_mhz / 2) / clock_mhz; }
  /// Words of `rows` lanes that the activation buffer holds: bits / (rows * activation_bits).
  std::int64_t activation_words() const {
    return std::int64_t{buffers.activation_kib} * 8192 / (std::int64_t{array.rows} * datatypes.activation_bits);
  }
  /// Words of `cols` weights that the weight buffer holds.
  std::int64_t weight_words() const {
    return std::int64_t{buffers.weight_kib} * 8192 / (std::int64_t{array.cols} * datatypes.weight_bits);
  }
  /// Words of `cols` accumulators that the accumulator buffer holds.
  int accumulator_words() const {
    const std::int64_t in_kib = std::int64_t{buffers.accumulator_kib} * 8192 / accumulator_word_bits();
    return buffers.accumulator_words.value_or(static_cast<int>(in_kib));
  }
  /// Words of `cols` entries of requantization parameters that the parameter buffer holds.
  int param_words() const { return buffers.param_words.value_or(buffers.parameter_kib * 1024 / param_word_bytes()); }
  /// The smallest buffers.parameter_kib that holds so many param words.
  std::int64_t parameter_kib_of(std::int64_t words) const { return (words * param_word_bytes() + 1023) / 1024; }
  std::int64_t accumulator_word_bits() const { return std::int64_t{array.cols} * datatypes.accumulator_bits; }
  /// Bytes of one whole activation word, rounded up.
  int activation_word_bytes() const { return (array.rows * datatypes.activation_bits + 7) / 8; }
  /// Bytes of one whole weight word, rounded up.
  int weight_word_bytes() const { return (array.cols * datatypes.weight_bits + 7) / 8; }
  /// Width of the PE's weight input that no weight exceeds: one bit more than stored with a zero point, or a table's.
  int operand_bits(bool zero_point) const {
    return weights.codec == WeightCodec::kCodebook ? weights.codebook_bits
                                                   : datatypes.weight_bits + (zero_point ? 1 : 0);
  }
  /// Param words of a block of codebooks; 0 with the linear codec.
  int codebook_words() const {
    return weights.codec == WeightCodec::kCodebook ? ((1 << datatypes.weight_bits) + 7) / 8 : 0;
  }
  /// Bytes of one param word: 16 bytes a column, see model/isa/param_word.h.
  int param_word_bytes() const { return array.cols * 16; }
};

/// Checks every range. Throws InputError naming the key, its value and what is accepted.
void validate(const AcceleratorConfig& config);

/// Reads a TOML file: docs/configuration.md. Unknown keys are errors with the nearest known key. Throws InputError that
/// names file, line, key, value and what is accepted.
AcceleratorConfig read_config(const std::string& path);
/// The same from TOML text; `origin` names it in errors.
AcceleratorConfig parse_config(const std::string& text, const std::string& origin);

}  // namespace systoliq::model
