// SPDX-License-Identifier: Apache-2.0
// A command's results before they become visible: they are staged until the command completes, so that a command that
// starts too early reads what hardware would have read.
#pragma once

#include <cstdint>
#include <vector>

namespace systoliq::model {

/// Equally spaced pieces of a result: piece r < repeat is `count` lanes, from lane `lane` of buffer word
/// address + r * pitch on, taken from Staged::lanes at source + r * source_pitch.
struct StagedRun {
  std::int64_t address = 0, pitch = 0;
  int lane = 0, count = 0, repeat = 1;
  std::int64_t source = 0, source_pitch = 0;
};

/// A command's results until it completes; every command sizes what it uses.
struct Staged {
  std::vector<StagedRun> runs;             ///< for POST
  std::vector<std::int16_t> lanes;         ///< for POST
  std::vector<std::int64_t> accumulators;  ///< for EXECUTE
  std::vector<std::uint8_t> bytes;         ///< for STORE
};

}  // namespace systoliq::model
