// SPDX-License-Identifier: Apache-2.0
// Which files of a folder belong to which tensor.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "types/quantized_network.h"

namespace systoliq::tb {

class DumpedArrays final {
 public:
  /// `map`: a JSON file, or empty for names.json in the folder, where it is there. Throws InputError for a folder or a
  /// map that cannot be read, and for a map that is not names to file names.
  DumpedArrays(const std::string& folder, const std::string& map);

  /// The files of the first of these names that has any: what the map says, else NAME.npy, where '/', '\' and ':'
  /// may have become '_'; beside each FILE.npy also FILE.int.npy. Throws InputError where the map names a file that is
  /// not there, or another owner has claimed the file.
  std::vector<std::string> claim(const std::vector<std::string>& names, const std::string& owner);
  /// Arrays of the folder that nobody has claimed.
  std::vector<std::string> unclaimed() const;
  /// A claimed file with its folder.
  std::string path(const std::string& file) const { return folder_ + "/" + file; }

 private:
  void read_map(const std::string& path);
  std::vector<std::string> files_of(const std::string& name) const;

  std::string folder_, map_path_;
  std::map<std::string, std::vector<std::string>> map_;
  std::map<std::string, std::string> owners_;  ///< of every array in the folder; empty: nobody's yet
};

}  // namespace systoliq::tb
