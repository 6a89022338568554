// SPDX-License-Identifier: Apache-2.0
// Writes what config_keys() knows.
#include "model/config/config_text.h"

#include <algorithm>

#include "model/config/config_keys.h"

namespace systoliq::model {
namespace {

constexpr std::size_t kCommentColumn = 25;

/// Sections in their order, each key through `line`.
template <typename Line>
std::string by_section(const std::string& before_section, const Line& line) {
  std::string text;
  std::string section;
  for (const ConfigKey& key : config_keys()) {
    const std::string written = line(key);
    if (written.empty()) continue;
    if (section != key.section) {
      section = key.section;
      text += (text.empty() ? "" : before_section) + "[" + section + "]\n";
    }
    text += written;
  }
  return text;
}

std::string annotated_line(const ConfigKey& key, const AcceleratorConfig& config) {
  const std::int64_t value = key.get(config);
  const bool unset = key.when_unset != nullptr && value == ConfigKey::kUnset;
  if (unset && !key.takes_names()) return "";
  const std::string commented = unset || is_replaced(key, config) ? "# " : "";
  std::string line = commented + std::string(key.name) + " = " + value_text(key, unset ? 0 : value);
  line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
  line += std::string("# ") + key.help;
  if (*key.unit != '\0') line += std::string(", in ") + key.unit;
  line += "; " + accepted_text(key);
  const bool dependent = key.when_unset != nullptr || key.default_from.value != nullptr;
  if (dependent || value_text(key, value) != default_text(key)) line += "; default " + default_text(key);
  return line + "\n";
}

/// The same machine with buffers in KiB wherever that gives the same words, so that equal machines have equal texts.
AcceleratorConfig in_kib(const AcceleratorConfig& config) {
  constexpr std::int64_t kMostKib = 65536;
  AcceleratorConfig changed = config;
  BufferConfig& buffers = changed.buffers;
  const std::int64_t accumulator_kib = (config.accumulator_words() * config.accumulator_word_bits() + 8191) / 8192;
  const std::int64_t parameter_kib = config.parameter_kib_of(config.param_words());
  buffers.accumulator_kib = static_cast<int>(std::min(accumulator_kib, kMostKib));
  buffers.accumulator_words.reset();
  if (changed.accumulator_words() != config.accumulator_words()) buffers.accumulator_words = config.accumulator_words();
  buffers.parameter_kib = static_cast<int>(std::min(parameter_kib, kMostKib));
  buffers.param_words.reset();
  if (changed.param_words() != config.param_words()) buffers.param_words = config.param_words();
  return changed;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }
std::string code(const char* text) { return text == nullptr ? "" : code(std::string(text)); }

}  // namespace

std::string canonical_text(const AcceleratorConfig& config) {
  const AcceleratorConfig shown = in_kib(config);
  return by_section("", [&](const ConfigKey& key) {
    const std::string value = value_text(key, key.get(shown));
    return value.empty() || is_replaced(key, shown) ? "" : std::string(key.name) + " = " + value + "\n";
  });
}

std::string annotated_text(const AcceleratorConfig& config) {
  const AcceleratorConfig shown = in_kib(config);
  std::string text =
      "# Every key of the machine. A key left out of a file has its default value. Written by `systoliq info "
      "--machine`.\n\n";
  text += by_section("\n", [&](const ConfigKey& key) { return annotated_line(key, shown); });
  text += "\n# From these follow:\n";
  for (const DerivedValue& value : derived_values()) {
    text += std::string("# ") + value.name + " = " + std::to_string(value.get(shown)) + " " + value.unit + " = " +
            value.formula + "\n";
  }
  return text;
}

std::string key_table() {
  std::string text =
      "| key | default | accepted | unit | RTL parameter | meaning |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const ConfigKey& key : config_keys()) {
    text += "| " + code(key.path()) + " | " + default_text(key) + " | " + accepted_text(key) + " | " + key.unit +
            " | " + code(key.rtl_parameter) + " | " + key.help + " |\n";
  }
  return text;
}

std::string derived_table() {
  std::string text =
      "| name | formula | unit | RTL parameter |\n"
      "| --- | --- | --- | --- |\n";
  for (const DerivedValue& value : derived_values()) {
    text += "| " + code(value.name) + " | " + value.formula + " | " + value.unit + " | " + code(value.rtl_parameter) +
            " |\n";
  }
  return text;
}

}  // namespace systoliq::model
