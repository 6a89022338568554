// SPDX-License-Identifier: Apache-2.0
// The list of builds comes from CMakeLists.txt.
#include "rtl_cosim/unit/unit_cosim.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "post_headers.inc"
#include "requantize_headers.inc"
#include "rtl_cosim/unit/cell_cosim.h"
#include "rtl_cosim/unit/command_check_cosim.h"
#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/random_post.h"
#include "rtl_cosim/unit/verilated_post.h"
#include "rtl_cosim/unit/verilated_requantize.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

constexpr const char* kPostOps[] = {"requantize", "max_pool", "average_pool", "add", "lookup", "fill"};
constexpr std::int64_t kFewestCommands = 20;

/// Of processor time, which other programs do not lengthen.
class Stopwatch final {
 public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t start_ = std::clock();
};

PostBuild post_build(const char* name, int rows, int cols, int activation_bits, int accumulator_bits, int lanes,
                     int multiplier_bits) {
  PostBuild build;
  build.name = name;
  build.config.array = {rows, cols};
  build.config.datatypes.activation_bits = activation_bits;
  build.config.datatypes.accumulator_bits = accumulator_bits;
  build.config.requant.lanes = lanes;
  build.config.requant.multiplier_bits = multiplier_bits;
  // 4096 words: room for the largest random windows, source and result.
  build.config.buffers.activation_kib = (rows * activation_bits + 1) / 2;
  build.config.buffers.weight_kib = 1;
  build.config.buffers.accumulator_words = 64;
  const int table_words = (1 << activation_bits) / (cols * 8) + 1;
  build.config.buffers.param_words = 2 * table_words + 16;
  return build;
}

UnitResult requantize_result(const RequantizeBuild& build, std::string what, const RequantizeReport& report) {
  UnitResult result;
  result.unit = "requantize";
  result.build = build.name;
  result.what = std::move(what);
  result.vectors = report.vectors;
  result.cycles = report.cycles;
  result.mismatch = report.mismatch;
  result.mismatched_bits = report.mismatched_bits;
  return result;
}

UnitResult post_result(PostUnit& unit, const std::string& what, PostReport report) {
  UnitResult result;
  result.unit = "post";
  result.build = unit.build().name;
  result.what = what;
  result.vectors = report.commands;
  result.cycles = report.cycles;
  result.mismatch = report.mismatch;
  result.mismatched_bits = report.mismatched_bits;
  result.cycle_difference = report.cycle_difference;
  result.failure = std::move(report.failure);
  result.post = &unit;
  return result;
}

UnitResult cell_result(const CellBuild& build, const CellReport& report) {
  UnitResult result;
  result.unit = build.unit;
  result.build = build.name;
  result.what = build.what;
  result.vectors = result.cycles = report.vectors;
  result.mismatch = report.mismatch;
  result.mismatched_bits = report.mismatched_bits;
  return result;
}

UnitResult check_result(const CommandCheckUnit& unit, const CommandCheckReport& report) {
  UnitResult result;
  result.unit = "command_check";
  result.build = unit.name();
  result.what = "all opcodes";
  result.vectors = report.commands;
  result.mismatch = report.mismatch;
  result.mismatched_bits = report.mismatched_bits;
  return result;
}

/// All lines one after the other, up to the first that differs.
class UnitCosim final {
 public:
  UnitCosim(std::int64_t vectors, std::uint64_t seed, const std::function<void(const UnitResult&)>& each)
      : vectors_(vectors), tenth_((vectors + 9) / 10), seed_(seed), each_(each) {}

  bool run() { return requantize() && cells() && checks() && post(); }

 private:
  bool requantize() {
    std::int64_t count = vectors_;
    for (RequantizeBuild& build : make_requantize_units()) {
      for (std::size_t i = 0; i < kRtlPresets; ++i) {
        const auto preset = static_cast<Preset>(i);
        if (!supports(*build.unit, preset)) continue;
        const auto line = [&](std::uint64_t seed) {
          return requantize_result(build, std::string(to_string(preset)),
                                   cosim_requantize(*build.unit, preset, count, seed));
        };
        if (!report(line)) return false;
      }
      const auto mixed = [&](std::uint64_t seed) {
        return requantize_result(build, "presets mixed", cosim_mixed_requantize(*build.unit, count, seed));
      };
      if (!report(mixed)) return false;
      count = tenth_;
    }
    return true;
  }

  bool cells() {
    for (CellBuild& build : make_cells()) {
      const auto line = [&](std::uint64_t seed) {
        return cell_result(build, cosim_cell(*build.cell, *build.model, tenth_, seed));
      };
      if (!report(line)) return false;
    }
    return true;
  }

  bool checks() {
    const std::int64_t commands = std::max<std::int64_t>(vectors_ / 100, kFewestCommands);
    for (const std::unique_ptr<CommandCheckUnit>& unit : make_command_check_units()) {
      const auto line = [&](std::uint64_t seed) {
        return check_result(*unit, cosim_command_check(*unit, commands, seed));
      };
      if (!report(line)) return false;
    }
    return true;
  }

  bool post() {
    const std::int64_t commands = std::max<std::int64_t>(vectors_ / 1000, kFewestCommands);
    for (const std::unique_ptr<PostUnit>& unit : make_post_units()) {
      for (int number = 0; number <= static_cast<int>(model::PostOp::kFill); ++number) {
        for (std::size_t i = 0; i < kRtlPresets; ++i) {
          const auto op = static_cast<model::PostOp>(number);
          const auto preset = static_cast<Preset>(i);
          if (!can_run(unit->build().config, op, preset)) continue;
          const auto line = [&](std::uint64_t seed) {
            return post_result(*unit, std::string(kPostOps[number]) + " " + std::string(to_string(preset)),
                               cosim_post(*unit, op, preset, commands, seed));
          };
          if (!report(line)) return false;
        }
      }
    }
    return true;
  }

  /// Every line has a seed of its own. False when the line differs, after which none follows.
  template <typename Line>
  bool report(const Line& line) {
    const Stopwatch stopwatch;
    UnitResult result = line(mix_seed(seed_, lines_++));
    result.seconds = stopwatch.seconds();
    each_(result);
    return result.mismatch.empty();
  }

  std::int64_t vectors_, tenth_;
  std::uint64_t seed_, lines_ = 0;
  const std::function<void(const UnitResult&)>& each_;
};

}  // namespace

#define SYSTOLIQ_REQUANTIZE_BUILD(name, accumulator_bits, multiplier_bits)            \
  builds.push_back({#name, std::make_unique<VerilatedRequantize<Vrequantize_##name>>( \
                               RequantizeShape{accumulator_bits, multiplier_bits, 34})});
std::vector<RequantizeBuild> make_requantize_units() {
  std::vector<RequantizeBuild> builds;
#include "requantize_builds.inc"
  return builds;
}
#undef SYSTOLIQ_REQUANTIZE_BUILD

#define SYSTOLIQ_POST_BUILD(name, ...) \
  units.push_back(std::make_unique<VerilatedPost<Vpost_##name>>(post_build(#name, __VA_ARGS__)));
std::vector<std::unique_ptr<PostUnit>> make_post_units() {
  std::vector<std::unique_ptr<PostUnit>> units;
#include "post_builds.inc"
  return units;
}
#undef SYSTOLIQ_POST_BUILD

bool cosim_units(std::int64_t vectors, std::uint64_t seed, const std::function<void(const UnitResult&)>& each) {
  check(vectors > 0, "no vectors to compare");
  return UnitCosim(vectors, seed, each).run();
}

}  // namespace systoliq::rtl
