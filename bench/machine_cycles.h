// SPDX-License-Identifier: Apache-2.0
// Simulated cycles a second of the model.
#pragma once

#include <map>
#include <string>

namespace systoliq::bench {

/// Cycles a second of the Verilated RTL, by network, as far as measured in this run.
using Rates = std::map<std::string, double>;

/// Registers levels cycle (without a waveform) and transaction; with the ratio to `rtl_rates` unless that is null.
void add_machine_cycles(const std::string& network, const Rates* rtl_rates);

}  // namespace systoliq::bench
