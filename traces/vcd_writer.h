// SPDX-License-Identifier: Apache-2.0
// Value change dump (IEEE 1364, section 18): header, then what changes, when it changes. Knows nothing of the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/util/atomic_file.h"

namespace systoliq::traces {

class VcdWriter final {
 public:
  /// The file takes its place at finish(); without it, what `path` was stays. Throws InputError if it cannot be
  /// written.
  explicit VcdWriter(const std::string& path);

  /// Before begin(): a wire of 1 to 64 bits; `scope` are the names of the blocks it lies in, outermost first, wires of
  /// one scope one after the other. Returns its number.
  std::size_t add(const std::vector<std::string>& scope, const std::string& name, int bits);
  /// Writes the header; `timescale` as in "100 ps".
  void begin(const std::string& timescale, const std::string& comment);

  /// Changes that follow happen at this time; times never decrease.
  void time(std::int64_t now);
  /// The low bits of `value`.
  void change(std::size_t wire, std::uint64_t value);
  /// Writes everything out. Throws InputError if the file could not take it.
  void finish();

 private:
  struct Wire {
    std::vector<std::string> scope;
    std::string name, code;
    int bits = 1;
  };
  void write_out();

  AtomicFile file_;
  std::string failure_;  ///< the first one of writing, kept for finish(), since changes come amid a simulation
  std::string text_;     ///< not yet written
  std::vector<Wire> wires_;
  std::int64_t now_ = -1;
};

}  // namespace systoliq::traces
