// SPDX-License-Identifier: Apache-2.0
// The list of builds comes from CMakeLists.txt.
#include "rtl_cosim/unit/unit_cosim.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "post_headers.inc"
#include "requantize_headers.inc"
#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/random_post.h"
#include "rtl_cosim/unit/verilated_post.h"
#include "rtl_cosim/unit/verilated_requantize.h"

namespace systoliq::rtl {
namespace {

constexpr const char* kPostOps[] = {"requantize", "max_pool", "average_pool", "add", "lookup", "fill"};

class Stopwatch final {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
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

UnitResult requantize_line(RequantizeBuild& build, Preset preset, std::int64_t vectors, std::uint64_t seed) {
  const Stopwatch stopwatch;
  const RequantizeReport report = cosim_requantize(*build.unit, preset, vectors, seed);
  return {"requantize",
          build.name,
          std::string(to_string(preset)),
          report.vectors,
          report.cycles,
          stopwatch.seconds(),
          report.mismatch,
          report.mismatched_bits,
          0,
          {},
          nullptr};
}

UnitResult mixed_line(RequantizeBuild& build, std::int64_t vectors, std::uint64_t seed) {
  const Stopwatch stopwatch;
  const RequantizeReport report = cosim_mixed_requantize(*build.unit, vectors, seed);
  return {"requantize",
          build.name,
          "presets mixed",
          report.vectors,
          report.cycles,
          stopwatch.seconds(),
          report.mismatch,
          report.mismatched_bits,
          0,
          {},
          nullptr};
}

UnitResult post_line(PostUnit& unit, model::PostOp op, Preset preset, std::int64_t commands, std::uint64_t seed) {
  const Stopwatch stopwatch;
  PostReport report = cosim_post(unit, op, preset, commands, seed);
  return {"post",
          unit.build().name,
          std::string(kPostOps[static_cast<int>(op)]) + " " + std::string(to_string(preset)),
          report.commands,
          report.cycles,
          stopwatch.seconds(),
          report.mismatch,
          report.mismatched_bits,
          report.cycle_difference,
          std::move(report.failure),
          &unit};
}

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
  bool same = true;
  const auto report = [&](const UnitResult& result) {
    same = same && result.mismatch.empty();
    each(result);
  };
  std::int64_t count = vectors;
  for (RequantizeBuild& build : make_requantize_units()) {
    for (std::size_t i = 0; i < kPresetNames.size(); ++i) {
      const auto preset = static_cast<Preset>(i);
      if (supports(*build.unit, preset)) report(requantize_line(build, preset, count, seed + i));
    }
    report(mixed_line(build, count, seed));
    count = (vectors + 9) / 10;
  }
  for (const std::unique_ptr<PostUnit>& unit : make_post_units()) {
    for (int op = 0; op <= static_cast<int>(model::PostOp::kFill); ++op) {
      for (std::size_t i = 0; i < kPresetNames.size(); ++i) {
        const auto preset = static_cast<Preset>(i);
        if (!can_run(unit->build().config, static_cast<model::PostOp>(op), preset)) continue;
        report(post_line(*unit, static_cast<model::PostOp>(op), preset, std::max<std::int64_t>(vectors / 1000, 20),
                         seed + i));
      }
    }
  }
  return same;
}

}  // namespace systoliq::rtl
