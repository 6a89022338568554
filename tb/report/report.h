// SPDX-License-Identifier: Apache-2.0
// The per-layer table on a terminal, layers.csv and run.json: one list of columns serves all three.
#pragma once

#include <string>

#include "tb/compare/bench.h"
#include "tb/report/energy.h"
#include "types/util/atomic_file.h"

namespace systoliq::tb {

/// The table for people, with totals and what was left out and why.
std::string to_table(const NetworkReport& report);
/// Per-layer isolated and accumulated errors.
std::string to_error_table(const NetworkReport& report);
/// layers.csv: header and a row a layer; a figure that the level does not produce is empty.
std::string to_csv(const NetworkReport& report, const EnergyTable& energy);
/// run.json with schema_version, configuration, layers and totals.
std::string to_json(const NetworkReport& report, const EnergyTable& energy);
using systoliq::write_file;

}  // namespace systoliq::tb
