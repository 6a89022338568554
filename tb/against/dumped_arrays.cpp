// SPDX-License-Identifier: Apache-2.0
// The folder is listed once; a file is used only if it is in the list, so that no name leads out of the folder.
#include "tb/against/dumped_arrays.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "types/error.h"
#include "types/util/input_file.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".npy";
constexpr const char* kIntegerEnding = ".int.npy";

std::string with_underscores(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '\\' || c == ':') c = '_';
  }
  return name;
}

}  // namespace

DumpedArrays::DumpedArrays(const std::string& folder, const std::string& map) : folder_(folder) {
  if (!fs::is_directory(folder)) throw InputError(folder + ": is no folder; one with arrays (NAME.npy) is needed");
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != kEnding || entry.is_directory()) continue;
    owners_[entry.path().lexically_relative(folder).generic_string()] = "";
  }
  if (!map.empty()) {
    read_map(map);
  } else if (fs::exists(folder + "/names.json")) {
    read_map(folder + "/names.json");
  }
}

void DumpedArrays::read_map(const std::string& path) {
  map_path_ = path;
  const auto json = nlohmann::json::parse(read_input(path, "a map of names to files"), nullptr, false);
  const std::string accepted = "accepted: an object of names to file names, or to lists of them";
  if (json.is_discarded() || !json.is_object()) throw InputError(path + ": is no JSON object; " + accepted);
  for (const auto& [name, files] : json.items()) {
    const nlohmann::json list = files.is_array() ? files : nlohmann::json::array({files});
    for (const auto& file : list) {
      if (!file.is_string()) throw InputError(path + ": '" + name + "' is given " + file.dump() + "; " + accepted);
      map_[name].push_back(file.get<std::string>());
    }
  }
}

std::vector<std::string> DumpedArrays::files_of(const std::string& name) const {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    const bool known = std::find(files.begin(), files.end(), file) != files.end();
    if (owners_.count(file) != 0 && !known) files.push_back(file);
  };
  if (const auto mapped = map_.find(name); mapped != map_.end()) {
    for (const std::string& file : mapped->second) {
      if (owners_.count(file) == 0) {
        throw InputError(map_path_ + ": '" + name + "' is given '" + file + "'; there is no such array in " + folder_);
      }
      add(file);
      add(file.substr(0, file.size() - kEnding.size()) + kIntegerEnding);
    }
    return files;
  }
  for (const std::string& stem : {name, with_underscores(name)}) {
    add(stem + std::string(kEnding));
    add(stem + kIntegerEnding);
  }
  return files;
}

std::vector<std::string> DumpedArrays::claim(const std::vector<std::string>& names, const std::string& owner) {
  for (const std::string& name : names) {
    const std::vector<std::string> files = files_of(name);
    for (const std::string& file : files) {
      std::string& owned_by = owners_[file];
      if (!owned_by.empty()) {
        throw InputError(path(file) + ": belongs to " + owned_by + " and to " + owner +
                         "; say which in a map of names (names.json, or --names FILE.json)");
      }
      owned_by = owner;
    }
    if (!files.empty()) return files;
  }
  return {};
}

std::vector<std::string> DumpedArrays::unclaimed() const {
  std::vector<std::string> files;
  for (const auto& [file, owner] : owners_) {
    if (owner.empty()) files.push_back(file);
  }
  return files;
}

}  // namespace systoliq::tb
