// SPDX-License-Identifier: Apache-2.0
// The scaling rules of energy.h.
#include "tb/report/energy.h"

#include <cmath>

#include "types/util/toml_table.h"

namespace systoliq::tb {
namespace {

/// A number of picojoules that must be there.
double required(TomlTable& table, const char* key) {
  double value = -1.0;
  table.read(key, &value);
  if (!(value >= 0.0)) table.refuse(key, "must be a number of picojoules, 0 or more");
  return value;
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
  const toml::table parsed = parse_toml(read_input(path, "a table of energies in TOML"), path);
  TomlTable root(parsed, path);
  TomlTable arithmetic = root.table("arithmetic"), sram = root.table("sram_64_bit_access");
  TomlTable dram = root.table("dram_64_bit_access");
  EnergyTable energy;
  energy.add_8 = required(arithmetic, "add_8_bit_pj");
  energy.add_32 = required(arithmetic, "add_32_bit_pj");
  energy.multiply_8 = required(arithmetic, "multiply_8_bit_pj");
  energy.multiply_32 = required(arithmetic, "multiply_32_bit_pj");
  energy.sram_8_kib = required(sram, "kib_8_pj");
  energy.sram_32_kib = required(sram, "kib_32_pj");
  energy.sram_1024_kib = required(sram, "kib_1024_pj");
  energy.dram_64 = required(dram, "pj");
  for (const TomlTable& table : {arithmetic, sram, dram, root}) table.finish();
  return energy;
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
      static_cast<double>(layer.counters.array_macs) * (multiply + add) + words * sram + bytes / 8.0 * table.dram_64;
  return pj / 1000.0;
}

}  // namespace systoliq::tb
