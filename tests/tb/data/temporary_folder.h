// SPDX-License-Identifier: Apache-2.0
// What the data tests share: a folder that vanishes with its test, files written byte by byte, and the expectation that
// bad input is refused with a text naming what is wrong.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "types/error.h"

namespace systoliq::tb {

using Bytes = std::vector<std::uint8_t>;

class TemporaryFolder final {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "systoliq_data_XXXXXX").string();
    check(mkdtemp(pattern.data()) != nullptr, "no temporary folder can be made");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string write_plain(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline std::string write_gzip(const std::string& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return path;
}

inline Bytes read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/// Expects an InputError whose text holds every given part.
template <typename Action>
void expect_refused(const Action& action, const std::vector<std::string>& parts) {
  try {
    action();
    ADD_FAILURE() << "was accepted; a text with '" << parts.front() << "' was expected";
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << part << "' is missing in: " << error.what();
    }
  }
}

/// Folder of the real data sets.
inline std::string real_data() {
  const char* folder = std::getenv("SYSTOLIQ_DATA");
  return folder != nullptr ? folder : std::string(SYSTOLIQ_SOURCE_DIR) + "/../shared/data";
}

}  // namespace systoliq::tb
