// SPDX-License-Identifier: Apache-2.0
// From keys and derived values that name a parameter of the RTL.
#include "model/config/rtl_parameters.h"

#include "model/config/config_keys.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

/// The widest data bus that AXI4 has: AxSIZE is at most 7.
constexpr int kMostAxiBytes = 128;

}  // namespace

void check_rtl_machine(const AcceleratorConfig& config, const std::string& where) {
  if (config.memory.bytes_per_cycle <= kMostAxiBytes) return;
  throw InputError("memory.bytes_per_cycle = " + std::to_string(config.memory.bytes_per_cycle) + ": " + where +
                   " has one AXI4 port, of at most " + std::to_string(kMostAxiBytes) +
                   " bytes; accepted beyond that: levels functional, transaction and timing");
}

std::vector<RtlParameter> rtl_parameters(const AcceleratorConfig& config) {
  check_rtl_machine(config, "the RTL");
  std::vector<RtlParameter> parameters;
  for (const ConfigKey& key : config_keys()) {
    if (key.rtl_parameter == nullptr) continue;
    const std::int64_t value = key.get(config);
    parameters.push_back(
        {key.rtl_parameter, key.path(), value_text(key, value), value, key.rtl_type == ConfigKey::RtlType::kBit});
  }
  for (const DerivedValue& derived : derived_values()) {
    if (derived.rtl_parameter == nullptr) continue;
    const std::int64_t value = derived.get(config);
    parameters.push_back({derived.rtl_parameter, derived.name, std::to_string(value), value, false});
  }
  return parameters;
}

std::string verilator_argument(const RtlParameter& parameter) {
  return "-G" + parameter.name + (parameter.is_bit ? "=1'b" : "=") + std::to_string(parameter.value);
}

std::vector<std::string> rtl_differences(const AcceleratorConfig& config, const AcceleratorConfig& built) {
  const std::vector<RtlParameter> here = rtl_parameters(config);
  const std::vector<RtlParameter> there = rtl_parameters(built);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i].value == there[i].value) continue;
    texts.push_back(here[i].source + " = " + here[i].written + " instead of " + there[i].written);
  }
  return texts;
}

}  // namespace systoliq::model
