// SPDX-License-Identifier: Apache-2.0
// Energy of a layer: counted actions times a table of energy per action (configs/energy/).
#pragma once

#include <string>

#include "tb/compare/bench.h"

namespace systoliq::tb {

/// Picojoules per action at the widths that the source gives.
struct EnergyTable {
  double add_8 = 0.03, add_32 = 0.1, multiply_8 = 0.2, multiply_32 = 3.1;
  double sram_8_kib = 10.0, sram_32_kib = 20.0, sram_1024_kib = 100.0;  ///< per 64-bit access
  double dram_64 = 1300.0;
};

/// Reads a table as configs/energy/horowitz_45nm.toml has it; every key is required. Throws InputError.
EnergyTable read_energy_table(const std::string& path);

/// Nanojoules of one layer. Widths scale by rule: a multiplication with the product of its operand widths over 64
/// bits², an addition with the accumulator's width over 32 bits, an SRAM access with its bits over 64 and, between the
/// three sizes, linearly in log(energy) over log(capacity), clamped at the ends (every access is costed at the
/// activation buffer's size); DRAM with bytes moved over 8.
double energy_nj(const LayerReport& layer, const model::AcceleratorConfig& config, const EnergyTable& table);

}  // namespace systoliq::tb
