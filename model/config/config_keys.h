// SPDX-License-Identifier: Apache-2.0
// The table of configuration keys: the one place that knows a key's name, range, unit, RTL parameter and help. Reader,
// validator, canonical text, documentation and the RTL's parameters all come from it; defaults are those of
// AcceleratorConfig.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"

namespace systoliq::model {

/// A value that another key decides.
struct FromConfig {
  std::int64_t (*value)(const AcceleratorConfig&) = nullptr;
  const char* text = "";  ///< the same for readers
};

/// One key. Integers and names are both kept as integers: a name by its place in `names`, kUnset for a key left out.
struct ConfigKey {
  static constexpr std::int64_t kUnset = -1;
  enum class RtlType { kInteger, kBit };

  const char* section = "";
  const char* name = "";
  std::int64_t (*get)(const AcceleratorConfig&) = nullptr;
  void (*set)(AcceleratorConfig&, std::int64_t) = nullptr;

  std::vector<std::string> names;    ///< of a key that takes names; empty: the key takes integers
  const char* when_unset = nullptr;  ///< the key may be left out, and then this is taken
  const char* instead_of = nullptr;  ///< another key of the section, beside which this one is refused
  std::int64_t low = 0, high = 0;    ///< of an integer
  bool or_zero = false;              ///< 0 is accepted below `low`
  bool power_of_two = false;
  FromConfig at_least, at_most;  ///< further bounds
  FromConfig default_from;       ///< the default where other keys decide it; in a file "auto" asks for it too

  const char* unit = "";
  const char* rtl_parameter = nullptr;  ///< of systoliq_accelerator; nullptr: none
  RtlType rtl_type = RtlType::kInteger;
  const char* help = "";

  /// "section.name".
  std::string path() const { return std::string(section) + "." + name; }
  bool takes_names() const { return !names.empty(); }
};

/// A number that follows from keys.
struct DerivedValue {
  const char* name = "";
  std::int64_t (*get)(const AcceleratorConfig&) = nullptr;
  const char* formula = "";
  const char* unit = "";
  const char* rtl_parameter = nullptr;
};

/// All keys, those of a section together.
const std::vector<ConfigKey>& config_keys();
const std::vector<DerivedValue>& derived_values();

/// What is accepted, for readers: "1 to 256", "\"ws\", \"os\"".
std::string accepted_text(const ConfigKey& key);
/// True where another key of `config` stands in this one's place.
bool is_replaced(const ConfigKey& key, const AcceleratorConfig& config);
/// As the file writes it: "16", "\"ws\""; "" where it is unset.
std::string value_text(const ConfigKey& key, std::int64_t value);
/// The default as the file writes it, or in words where it depends on something else.
std::string default_text(const ConfigKey& key);
/// Which rule `value` breaks beside the other keys of `config`, such as "= 0 is out of range; accepted: 1 to 256"; or
/// "". The key's own value in `config` is not looked at.
std::string broken_rule(const ConfigKey& key, std::int64_t value, const AcceleratorConfig& config);

}  // namespace systoliq::model
