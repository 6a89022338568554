// SPDX-License-Identifier: Apache-2.0
// TOML to AcceleratorConfig: every key known, every range checked, every refusal with its reason.
#include "model/config/accelerator_config.h"

#include <algorithm>
#include <limits>

#include "types/util/toml_table.h"

namespace systoliq::model {
namespace {

constexpr const char* kDataflowNames[] = {"ws", "os"};
constexpr const char* kOverflowNames[] = {"wrap", "saturate"};
constexpr const char* kCodecNames[] = {"linear", "codebook"};

void require_range(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    throw InputError(std::string(field) + " = " + std::to_string(value) +
                     " is out of range; accepted: " + std::to_string(low) + " to " + std::to_string(high));
  }
}

void require_power_of_two(const char* field, std::int64_t value) {
  if ((value & (value - 1)) != 0) {
    throw InputError(std::string(field) + " = " + std::to_string(value) + " must be a power of two");
  }
}

/// What fits an int; the ranges are those of validate().
void read_int(TomlTable& table, const char* key, int* value) {
  table.read_integer(key, value, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

void read_array(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "rows", &config->array.rows);
  read_int(section, "cols", &config->array.cols);
  section.read_name("dataflow", &config->array.dataflow, kDataflowNames);
  section.finish();
}

void read_datatypes(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "activation_bits", &config->datatypes.activation_bits);
  read_int(section, "weight_bits", &config->datatypes.weight_bits);
  read_int(section, "accumulator_bits", &config->datatypes.accumulator_bits);
  section.read_name("overflow", &config->datatypes.overflow, kOverflowNames);
  section.finish();
}

void read_weights(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "codebook_bits", &config->weights.codebook_bits);
  section.read_name("codec", &config->weights.codec, kCodecNames);
  section.finish();
}

void read_requant(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "multiplier_bits", &config->requant.multiplier_bits);
  read_int(section, "shift_max", &config->requant.shift_max);
  config->requant.lanes = config->array.cols;
  read_int(section, "lanes", &config->requant.lanes);
  std::string preset;
  section.read("preset", &preset);
  section.finish();
  if (!section.has("preset")) return;
  try {
    config->requant.preset = parse_preset(preset);
  } catch (const InputError& error) {
    section.refuse("preset", "= \"" + preset + "\" is refused: " + error.what());
  }
}

void read_buffers(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "activation_kib", &config->buffers.activation_kib);
  read_int(section, "weight_kib", &config->buffers.weight_kib);
  read_int(section, "accumulator_words", &config->buffers.accumulator_words);
  read_int(section, "param_words", &config->buffers.param_words);
  section.finish();
}

void read_memory(TomlTable section, AcceleratorConfig* config) {
  read_int(section, "bytes_per_cycle", &config->memory.bytes_per_cycle);
  read_int(section, "latency_cycles", &config->memory.latency_cycles);
  read_int(section, "burst_bytes", &config->memory.burst_bytes);
  read_int(section, "outstanding", &config->memory.outstanding);
  section.finish();
}

}  // namespace

void validate(const AcceleratorConfig& config) {
  require_range("array.rows", config.array.rows, 1, 256);
  require_range("array.cols", config.array.cols, 1, 256);
  require_range("datatypes.activation_bits", config.datatypes.activation_bits, 2, 16);
  require_range("datatypes.weight_bits", config.datatypes.weight_bits, 2, 16);
  require_range("weights.codebook_bits", config.weights.codebook_bits, 2, 16);
  if (config.weights.codec == WeightCodec::kCodebook) {
    require_range("datatypes.weight_bits (with weights.codec = \"codebook\")", config.datatypes.weight_bits, 2, 8);
  }
  require_range("datatypes.accumulator_bits", config.datatypes.accumulator_bits, 12, 48);
  if (config.requant.multiplier_bits != 0)
    require_range("requant.multiplier_bits", config.requant.multiplier_bits, 8, 32);
  if (config.datatypes.accumulator_bits > 32 && config.requant.multiplier_bits > 16) {
    throw InputError("datatypes.accumulator_bits = " + std::to_string(config.datatypes.accumulator_bits) +
                     ": above 32 only with requant.multiplier_bits of 16 or less");
  }
  require_range("requant.shift_max", config.requant.shift_max, 0, 62);
  require_range("requant.lanes", config.requant.lanes, 1, config.array.cols);
  require_range("buffers.activation_kib", config.buffers.activation_kib, 1, 65536);
  require_range("buffers.weight_kib", config.buffers.weight_kib, 1, 65536);
  require_range("buffers.accumulator_words", config.buffers.accumulator_words, 1, 1 << 20);
  require_range("buffers.param_words", config.buffers.param_words, 1, 1 << 20);
  require_range("memory.bytes_per_cycle", config.memory.bytes_per_cycle, 1, 128);
  require_power_of_two("memory.bytes_per_cycle", config.memory.bytes_per_cycle);
  require_range("memory.latency_cycles", config.memory.latency_cycles, 1, 100000);
  require_range("memory.burst_bytes", config.memory.burst_bytes, config.memory.bytes_per_cycle,
                std::min(4096, 256 * config.memory.bytes_per_cycle));
  require_power_of_two("memory.burst_bytes", config.memory.burst_bytes);
  require_range("memory.outstanding", config.memory.outstanding, 1, 256);
  require_range("clock.mhz", config.clock_mhz, 1, 100000);
}

AcceleratorConfig parse_config(const std::string& text, const std::string& origin) {
  const toml::table parsed = parse_toml(text, origin);
  TomlTable root(parsed, origin);
  AcceleratorConfig config;
  read_array(root.table("array"), &config);
  read_datatypes(root.table("datatypes"), &config);
  read_weights(root.table("weights"), &config);
  read_requant(root.table("requant"), &config);
  read_buffers(root.table("buffers"), &config);
  read_memory(root.table("memory"), &config);
  TomlTable clock = root.table("clock");
  read_int(clock, "mhz", &config.clock_mhz);
  clock.finish();
  root.finish();
  try {
    validate(config);
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
  return config;
}

AcceleratorConfig read_config(const std::string& path) {
  return parse_config(read_text(path, "a configuration in TOML"), path);
}

}  // namespace systoliq::model
