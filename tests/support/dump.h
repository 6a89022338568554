// SPDX-License-Identifier: Apache-2.0
// A waveform file of this project, read back by tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <set>
#include <string>

#include "traces/vcd_reader.h"

namespace systoliq::test {

/// Everything up to a cycle, or to the end.
class Dump final {
 public:
  explicit Dump(const std::string& path, std::int64_t until = -1) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    for (std::string line; std::getline(file, line);) {
      if (until >= 0 && line[0] == '#' && std::stoll(line.substr(1)) > until * kCycleTime) break;
      reader_.feed(line + "\n");
    }
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const traces::VcdReader::Wire& wire : reader_.wires()) names.insert(path_of(wire));
    return names;
  }
  /// Of the last change.
  std::int64_t cycle() const { return reader_.time() / kCycleTime; }
  std::uint64_t value(const std::string& path) const {
    for (const traces::VcdReader::Wire& wire : reader_.wires()) {
      if (path_of(wire) == path) return reader_.bits(wire, 0, wire.bits);
    }
    ADD_FAILURE() << "no signal " << path;
    return 0;
  }

 private:
  static constexpr std::int64_t kCycleTime = 10;
  static std::string path_of(const traces::VcdReader::Wire& wire) {
    std::string path;
    for (const std::string& block : wire.scope) path += block + ".";
    return path + wire.name;
  }
  traces::VcdReader reader_;
};

}  // namespace systoliq::test
