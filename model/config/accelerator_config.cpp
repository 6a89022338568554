// SPDX-License-Identifier: Apache-2.0
// TOML to AcceleratorConfig by the table of keys: every key known, every range checked, every refusal with its reason.
#include "model/config/accelerator_config.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "model/config/config_keys.h"
#include "types/util/toml_table.h"

namespace systoliq::model {
namespace {

/// A key's value as the file has it, or its default.
struct Entry {
  const ConfigKey& key;
  std::int64_t value;
  bool is_default;
};

/// One table of the file and the keys in it.
struct Section {
  std::string name;
  TomlTable table;
  std::vector<Entry> entries;
};

/// The file asks by name for the default that other keys decide.
bool is_auto(TomlTable& table, const ConfigKey& key) {
  return key.default_from.value != nullptr && table.is_text(key.name, "auto");
}

std::int64_t read_value(TomlTable& table, const ConfigKey& key, std::int64_t value) {
  if (!key.takes_names()) {
    if (!is_auto(table, key)) table.read_integer(key.name, &value, accepted_text(key));
    return value;
  }
  std::string text;
  table.read(key.name, &text);
  if (!table.has(key.name)) return value;
  const auto found = std::find(key.names.begin(), key.names.end(), text);
  if (found == key.names.end()) {
    table.refuse(key.name, "= \"" + text + "\" is unknown; accepted: " + accepted_text(key));
  }
  return found - key.names.begin();
}

std::vector<Section> read_sections(TomlTable root) {
  const AcceleratorConfig defaults;
  std::vector<Section> sections;
  for (const ConfigKey& key : config_keys()) {
    if (sections.empty() || sections.back().name != key.section) {
      if (!sections.empty()) sections.back().table.finish();
      sections.push_back({key.section, root.table(key.section), {}});
    }
    Section& section = sections.back();
    const bool is_default = !section.table.has(key.name) || is_auto(section.table, key);
    section.entries.push_back({key, read_value(section.table, key, key.get(defaults)), is_default});
    if (!is_default && key.instead_of != nullptr && section.table.has(key.instead_of)) {
      section.table.refuse(key.name, std::string("stands beside ") + key.instead_of + "; accepted: one of them");
    }
  }
  sections.back().table.finish();
  root.finish();
  return sections;
}

/// Beyond the integers of the struct, yet on the same side of every range.
std::int64_t clamped(std::int64_t value) {
  return std::clamp<std::int64_t>(value, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

}  // namespace

void validate(const AcceleratorConfig& config) {
  for (const ConfigKey& key : config_keys()) {
    const std::string broken = broken_rule(key, key.get(config), config);
    if (!broken.empty()) throw InputError(key.path() + " " + broken);
  }
}

AcceleratorConfig parse_config(const std::string& text, const std::string& origin) {
  const toml::table parsed = parse_toml(text, origin);
  std::vector<Section> sections = read_sections({parsed, origin});
  AcceleratorConfig config;
  for (const Section& section : sections) {
    for (const Entry& entry : section.entries) entry.key.set(config, clamped(entry.value));
  }
  for (Section& section : sections) {
    for (Entry& entry : section.entries) {
      if (entry.key.default_from.value == nullptr || !entry.is_default) continue;
      entry.value = entry.key.default_from.value(config);
      entry.key.set(config, entry.value);
    }
  }
  for (const Section& section : sections) {
    for (const Entry& entry : section.entries) {
      const std::string broken = broken_rule(entry.key, entry.value, config);
      if (!broken.empty()) section.table.refuse(entry.key.name, broken);
    }
  }
  return config;
}

AcceleratorConfig read_config(const std::string& path) {
  return parse_config(read_input(path, "a configuration in TOML"), path);
}

}  // namespace systoliq::model
