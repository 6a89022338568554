// SPDX-License-Identifier: Apache-2.0
// The keys of [[group]].
#include "tb/compare/mapping_file.h"

#include "types/util/toml_table.h"

namespace systoliq::tb {
namespace {

constexpr std::int64_t kMost = INT32_MAX;

/// A TOML string; names hold any text.
std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    static const char* const kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte >= 0x20 && byte != 0x7F) {
      quoted += c;
    } else {
      quoted += std::string("\\u00") + kDigits[byte / 16] + kDigits[byte % 16];
    }
  }
  return quoted + "\"";
}

model::MappedGroup read_group(TomlTable table) {
  model::MappedGroup group;
  table.read("layers", &group.layers);
  const auto required = [&](const char* key, std::int64_t* value) {
    if (!table.has(key)) table.refuse(key, "is missing");
    table.read_integer(key, value, 1, kMost);
  };
  if (group.layers.empty()) table.refuse("layers", "must name at least one layer");
  required("tile_height", &group.tile_height);
  required("tile_width", &group.tile_width);
  required("channels", &group.channels);
  table.read("on_chip", &group.on_chip);
  table.read_name("outer", &group.outer, model::kLoopOrderNames);
  table.read_integer("copies", &group.copies, 1, 2);
  table.read_integer("accumulator_parts", &group.accumulator_parts, 1, 2);
  table.finish();
  return group;
}

}  // namespace

std::string mapping_text(const model::Mapping& mapping, const std::string& network) {
  std::string name = network;
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  std::string text = "# Mapping of " + name + ": layers that run together, in the order of the network.\n";
  for (const model::MappedGroup& group : mapping.groups) {
    text += "\n[[group]]\nlayers = [";
    for (std::size_t i = 0; i < group.layers.size(); ++i) text += (i == 0 ? "" : ", ") + quoted(group.layers[i]);
    text += "]\non_chip = " + std::string(group.on_chip ? "true" : "false") +
            "\ntile_height = " + std::to_string(group.tile_height) +
            "\ntile_width = " + std::to_string(group.tile_width) + "\nchannels = " + std::to_string(group.channels) +
            "\nouter = \"" + model::kLoopOrderNames[static_cast<int>(group.outer)] +
            "\"\ncopies = " + std::to_string(group.copies) +
            "\naccumulator_parts = " + std::to_string(group.accumulator_parts) + "\n";
  }
  return text;
}

model::Mapping read_mapping(const std::string& path) {
  const toml::table root = parse_toml(read_input(path, "a mapping, as --save-mapping writes it"), path);
  TomlTable table(root, path);
  model::Mapping mapping;
  for (const TomlTable& group : table.tables("group")) mapping.groups.push_back(read_group(group));
  table.finish();
  if (mapping.groups.empty()) table.refuse("group", "is missing; a mapping has a table [[group]] for each group");
  return mapping;
}

}  // namespace systoliq::tb
