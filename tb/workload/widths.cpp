// SPDX-License-Identifier: Apache-2.0
// Reading and writing of width tables.
#include "tb/workload/widths.h"

#include <filesystem>
#include <sstream>

#include "types/util/toml_table.h"

namespace systoliq::tb {
namespace {

constexpr const char* kForm =
    "LAYER=W, LAYER=W/A or LAYER=/A, separated by commas, of 2 to 8 bits each; or a TOML file";

int parse_bits(const std::string& entry, const std::string& text) {
  if (text.size() == 1 && text[0] >= '2' && text[0] <= '8') return text[0] - '0';
  throw InputError("--widths: '" + entry + "': '" + text + "' bits; accepted: " + kForm);
}

void set_entry(const std::string& entry, sw_ref::QuantizeOptions* options) {
  const std::size_t equals = entry.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError("--widths: '" + entry + "' is no file and has no '='; accepted: " + kForm);
  }
  const std::string layer = entry.substr(0, equals);
  const std::string value = entry.substr(equals + 1);
  const std::size_t slash = value.find('/');
  const std::string weights = value.substr(0, slash);
  if (!weights.empty() || slash == std::string::npos) {
    if (!options->layer_weight_bits.emplace(layer, parse_bits(entry, weights)).second) {
      throw InputError("--widths: '" + layer + "' is named twice");
    }
  }
  if (slash != std::string::npos) {
    if (!options->layer_activation_bits.emplace(layer, parse_bits(entry, value.substr(slash + 1))).second) {
      throw InputError("--widths: '" + layer + "' is named twice");
    }
  }
}

void read_table(const toml::node& node, const std::string& path, const std::string& key,
                std::map<std::string, int>* widths) {
  const auto refuse = [&](const toml::node& at, const std::string& what) {
    throw InputError(path + ":" + std::to_string(at.source().begin.line) + ": " + what);
  };
  if (!node.is_table()) refuse(node, key + " must be a table of lines LAYER = bits");
  for (const auto& [layer, bits] : *node.as_table()) {
    const std::string name(layer.str());
    if (!bits.is_integer() || bits.as_integer()->get() < 2 || bits.as_integer()->get() > 8) {
      refuse(bits, key + " of '" + name + "' is no integer from 2 to 8 (names with dots are put in quotes)");
    }
    (*widths)[name] = static_cast<int>(bits.as_integer()->get());
  }
}

void read_file(const std::string& path, sw_ref::QuantizeOptions* options) {
  const toml::table root = parse_toml(read_input(path, "a TOML file with widths"), path);
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    if (name == "weight_bits") {
      read_table(node, path, name, &options->layer_weight_bits);
    } else if (name == "activation_bits") {
      read_table(node, path, name, &options->layer_activation_bits);
    } else {
      throw InputError(path + ":" + std::to_string(node.source().begin.line) + ": '" + name +
                       "' is not known; accepted: [weight_bits] and [activation_bits]");
    }
  }
}

}  // namespace

void set_widths(const std::string& text, sw_ref::QuantizeOptions* options) {
  std::error_code none;  // a list may be longer than a file's name
  if (std::filesystem::exists(text, none)) return read_file(text, options);
  std::istringstream entries(text);
  bool any = false;
  for (std::string entry; std::getline(entries, entry, ','); any = true) set_entry(entry, options);
  if (!any) throw InputError(std::string("--widths is empty; accepted: ") + kForm);
}

std::string widths_toml(const std::map<std::string, int>& widths) {
  toml::table table;
  for (const auto& [layer, bits] : widths) table.insert(layer, bits);
  toml::table root;
  root.insert("weight_bits", table);
  std::ostringstream text;
  text << root << "\n";
  return text.str();
}

}  // namespace systoliq::tb
