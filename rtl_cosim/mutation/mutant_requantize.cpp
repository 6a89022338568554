// SPDX-License-Identifier: Apache-2.0
// Faulty requantization units under the unit scope's checks.
#include "Vfault_requantize.h"
#include "Vmutant_requantize.h"
#include "rtl_cosim/mutation/mutant_run.h"
#include "rtl_cosim/unit/verilated_requantize.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kVectors[] = {400, 20000, 400000};  ///< a preset, round by round
constexpr std::uint64_t kSeed = 1;

template <typename Verilated>
std::string check(int round) {
  VerilatedRequantize<Mutant<Verilated>> unit(RequantizeShape{32, 32, 34});
  for (std::size_t i = 0; i < kRtlPresets; ++i) {
    const auto preset = static_cast<Preset>(i);
    const RequantizeReport report = cosim_requantize(unit, preset, kVectors[round], kSeed + i);
    if (!report.mismatch.empty()) return std::string(kPresetNames[i]) + ", " + report.mismatch;
    if (report.shortest_latency != report.longest_latency) return "latency varies";
  }
  const RequantizeReport mixed = cosim_mixed_requantize(unit, kVectors[round], kSeed);
  return mixed.mismatch.empty() ? "" : "presets mixed, " + mixed.mismatch;
}

}  // namespace
}  // namespace systoliq::rtl

int main(int argc, char** argv) {
  using namespace systoliq::rtl;
  return run_mutants(argc, argv, {check<Vmutant_requantize>, check<Vfault_requantize>, 3});
}
