// SPDX-License-Identifier: Apache-2.0
// The save file's flags: docs of GTKWave 3.3, "save file format".
#include "traces/gtkwave_save.h"

namespace systoliq::traces {
namespace {

constexpr std::int64_t kPicosecondsPerCycle = 1000;

constexpr const char* kBit = "@28\n";
constexpr const char* kHexadecimal = "@22\n";
constexpr const char* kBinary = "@28\n";
constexpr const char* kSignedDecimal = "@420\n";
constexpr const char* kGroupBegin = "@800200\n";
constexpr const char* kClosedGroupBegin = "@c00200\n";
constexpr const char* kGroupEnd = "@1000200\n";
constexpr const char* kClosedGroupEnd = "@1401200\n";

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

const char* format_of(const ShownSignal& signal) {
  if (signal.bits == 1) return kBit;
  if (contains(signal.path, "addr") || contains(signal.path, ".axi_")) return kHexadecimal;
  if (contains(signal.path, "valid") || contains(signal.path, "non_zero")) return kBinary;
  return kSignedDecimal;
}

/// The path without the signal and without the top.
std::string block_of(const std::string& path) {
  const std::size_t end = path.rfind('.');
  const std::size_t top = path.find('.');
  return end == std::string::npos || top == end ? path.substr(0, end) : path.substr(top + 1, end - top - 1);
}

}  // namespace

std::string gtkwave_save(const std::string& dump_file, std::int64_t first_cycle,
                         const std::vector<ShownSignal>& signals) {
  std::string text = "[*]\n[*] Signals of a systoliq trace, a group for each block\n[*]\n";
  text += "[dumpfile] \"" + dump_file + "\"\n";
  // The viewer counts picoseconds where the dump counts hundreds of them. Zoom, marker, and 26 further markers.
  const std::string start = std::to_string(first_cycle * kPicosecondsPerCycle);
  text += "[timestart] " + start + "\n*-12.000000 " + start;
  for (int i = 0; i < 26; ++i) text += " -1";
  text += "\n";
  text += "[size] 1600 900\n[sst_width] 260\n[signals_width] 320\n[sst_expanded] 1\n";
  std::string group;
  bool closed = false;
  const auto end_group = [&] {
    if (!group.empty()) text += (closed ? kClosedGroupEnd : kGroupEnd) + ("-" + group) + "\n";
  };
  for (const ShownSignal& signal : signals) {
    const std::string block = block_of(signal.path);
    if (block != group) {
      end_group();
      group = block;
      closed = contains(block, ".pe_");
      text += (closed ? kClosedGroupBegin : kGroupBegin) + ("-" + group) + "\n";
    }
    text += format_of(signal) + signal.path + "\n";
  }
  end_group();
  return text;
}

}  // namespace systoliq::traces
