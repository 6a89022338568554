// SPDX-License-Identifier: Apache-2.0
// The scaling rules of energy.h.
#include "tb/report/energy.h"

#include <toml++/toml.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "types/table_headers.h"

namespace systoliq::tb {
namespace {

double required(const toml::table& table, const std::string& path, const char* group, const char* key) {
  const auto value = table[group][key].value<double>();
  if (!value || !(*value >= 0.0)) {
    throw InputError(path + ": [" + group + "] " + key + " must be a number of picojoules, 0 or more");
  }
  return *value;
}

double interpolate(double kib, double low_kib, double low, double high_kib, double high) {
  const double fraction = std::log(kib / low_kib) / std::log(high_kib / low_kib);
  return std::exp(std::log(low) + fraction * (std::log(high) - std::log(low)));
}

double sram_64_bit_pj(double kib, const EnergyTable& table) {
  if (kib <= 8.0) return table.sram_8_kib;
  if (kib <= 32.0) return interpolate(kib, 8.0, table.sram_8_kib, 32.0, table.sram_32_kib);
  if (kib <= 1024.0) return interpolate(kib, 32.0, table.sram_32_kib, 1024.0, table.sram_1024_kib);
  return table.sram_1024_kib;
}

}  // namespace

EnergyTable read_energy_table(const std::string& path) {
  std::ifstream in(path);
  in.peek();  // a folder opens, yet cannot be read
  if (!in) throw InputError(path + ": cannot be read; a TOML file is needed");
  std::stringstream text;
  text << in.rdbuf();
  check_table_headers(text.str(), path);
  try {
    const toml::table table = toml::parse(text.str(), path);
    EnergyTable energy;
    energy.add_8 = required(table, path, "arithmetic", "add_8_bit_pj");
    energy.add_32 = required(table, path, "arithmetic", "add_32_bit_pj");
    energy.multiply_8 = required(table, path, "arithmetic", "multiply_8_bit_pj");
    energy.multiply_32 = required(table, path, "arithmetic", "multiply_32_bit_pj");
    energy.sram_8_kib = required(table, path, "sram_64_bit_access", "kib_8_pj");
    energy.sram_32_kib = required(table, path, "sram_64_bit_access", "kib_32_pj");
    energy.sram_1024_kib = required(table, path, "sram_64_bit_access", "kib_1024_pj");
    energy.dram_64 = required(table, path, "dram_64_bit_access", "pj");
    return energy;
  } catch (const toml::parse_error& error) {
    throw InputError(path + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
}

double energy_nj(const LayerReport& layer, const model::AcceleratorConfig& config, const EnergyTable& table) {
  const auto& types = config.datatypes;
  const double multiply = table.multiply_8 * types.weight_bits * types.activation_bits / 64.0;
  const double add = table.add_32 * types.accumulator_bits / 32.0;
  const double word_bits = static_cast<double>(config.array.rows) * types.activation_bits;
  const double sram = sram_64_bit_pj(config.buffers.activation_kib, table) * word_bits / 64.0;
  const auto words = static_cast<double>(layer.counters.sram_read_words + layer.counters.sram_write_words);
  const auto bytes = static_cast<double>(layer.counters.memory_read_bytes + layer.counters.memory_write_bytes);
  const double pj =
      static_cast<double>(layer.counters.macs) * (multiply + add) + words * sram + bytes / 8.0 * table.dram_64;
  return pj / 1000.0;
}

}  // namespace systoliq::tb
