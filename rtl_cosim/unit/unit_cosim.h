// SPDX-License-Identifier: Apache-2.0
// Everything that the unit scope of `systoliq cosim` runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/post_unit.h"
#include "rtl_cosim/unit/requantize_cosim.h"

namespace systoliq::rtl {

/// A build of systoliq_requantize.
struct RequantizeBuild {
  std::string name;
  std::unique_ptr<RequantizeUnit> unit;
};
/// The first one has the widths of the machine's default configuration.
std::vector<RequantizeBuild> make_requantize_units();

/// One line of the report.
struct UnitResult {
  std::string unit, build, what;
  std::int64_t vectors = 0, cycles = 0;
  double seconds = 0;  ///< of processor time
  std::string mismatch;
  std::int64_t mismatched_bits = 0, cycle_difference = 0;  ///< of the first command or result that differs
  std::optional<PostFailure> failure;                      ///< of the POST engine
  PostUnit* post = nullptr;  ///< the engine that failed, while the call lasts that gets this line
};

/// `vectors` (above 0) requantizations a preset, and as many with the presets mixed, on the first build, a tenth of
/// them on each other one that has the preset; a tenth for every PE and weight decoder; vectors / 100
/// (at least 20) commands for every build of the decoder's checks; and vectors / 1000 (at least 20) POST commands for
/// every operation, preset and build. Calls `each` after every line and ends at the first one
/// that differs; true where none does. No two lines have the same random numbers.
bool cosim_units(std::int64_t vectors, std::uint64_t seed, const std::function<void(const UnitResult&)>& each);

}  // namespace systoliq::rtl
