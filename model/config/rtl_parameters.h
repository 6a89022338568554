// SPDX-License-Identifier: Apache-2.0
// The parameters of the RTL that a configuration stands for, from the table of keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"

namespace systoliq::model {

/// One parameter of systoliq_accelerator.
struct RtlParameter {
  std::string name;     ///< "Rows"
  std::string source;   ///< the key or derived value it comes from: "array.rows", "activation_words"
  std::string written;  ///< the value as the configuration has it: "16", "\"os\""
  std::int64_t value = 0;
  bool is_bit = false;  ///< of type bit, not int unsigned
};

/// Throws InputError where the RTL and level cycle have no such machine: `where` is one of them, "the RTL".
void check_rtl_machine(const AcceleratorConfig& config, const std::string& where);

/// In the order of the tables. What is no parameter (latency, clock, preset) is left out. Throws as
/// check_rtl_machine() does.
std::vector<RtlParameter> rtl_parameters(const AcceleratorConfig& config);

/// As an argument of Verilator: "-GRows=16", "-GSaturate=1'b0".
std::string verilator_argument(const RtlParameter& parameter);

/// What makes two RTLs different: for every parameter that differs, "array.rows = 4 instead of 16".
std::vector<std::string> rtl_differences(const AcceleratorConfig& config, const AcceleratorConfig& built);

}  // namespace systoliq::model
