// SPDX-License-Identifier: Apache-2.0
// Faulty POST engines under the unit scope's checks.
#include <utility>

#include "Vfault_post.h"
#include "Vmutant_post.h"
#include "rtl_cosim/mutation/mutant_run.h"
#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/random_post.h"
#include "rtl_cosim/unit/verilated_post.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kCommands[] = {3, 200, 1000};  ///< for every operation and preset, round by round
/// In the last round: taps of large windows, and how many of those. The largest alone have sums of that many bits.
constexpr std::pair<int, int> kLargeWindows[] = {{9000, 200}, {1000000, 3}, {30000, 40}};
constexpr int kRounds = 3;
constexpr std::uint64_t kSeed = 1;

/// The parameters of units.toml.
PostBuild build() {
  PostBuild build{"mutant", {}};
  build.config.array = {3, 4};
  build.config.datatypes.activation_bits = 6;
  build.config.datatypes.accumulator_bits = 20;
  build.config.requant.lanes = 2;
  build.config.requant.multiplier_bits = 25;
  build.config.buffers.activation_kib = 9;  // 4096 words of activations
  build.config.buffers.weight_kib = 1;
  build.config.buffers.accumulator_words = 64;
  build.config.buffers.param_words = 24;
  return build;
}

template <typename Verilated>
std::string check(int round) {
  VerilatedPost<Mutant<Verilated>> unit(build());
  for (int op = 0; op <= static_cast<int>(model::PostOp::kFill); ++op) {
    for (std::size_t i = 0; i < kRtlPresets; ++i) {
      const auto preset = static_cast<Preset>(i);
      if (!can_run(unit.build().config, static_cast<model::PostOp>(op), preset)) continue;
      const std::uint64_t seed = mix_seed(kSeed + static_cast<unsigned>(round), 16 * static_cast<unsigned>(op) + i);
      const PostReport report = cosim_post(unit, static_cast<model::PostOp>(op), preset, kCommands[round], seed);
      if (!report.mismatch.empty()) return report.mismatch;
    }
  }
  if (round + 1 < kRounds) return "";
  for (const auto& [taps, windows] : kLargeWindows) {
    for (const Preset preset : {Preset::kFloor, Preset::kOrtMlas}) {
      const PostReport report = cosim_large_windows(unit, preset, taps, windows, kSeed);
      if (!report.mismatch.empty()) return report.mismatch;
    }
  }
  return "";
}

}  // namespace
}  // namespace systoliq::rtl

int main(int argc, char** argv) {
  using namespace systoliq::rtl;
  return run_mutants(argc, argv, {check<Vmutant_post>, check<Vfault_post>, kRounds});
}
