// SPDX-License-Identifier: Apache-2.0
// Faulty compute cores under the core scope's checks.
#include "Vfault_core.h"
#include "Vmutant_core.h"
#include "rtl_cosim/core/core_cosim.h"
#include "rtl_cosim/core/verilated_core.h"
#include "rtl_cosim/mutation/mutant_run.h"

namespace systoliq::rtl {
namespace {

constexpr int kCommands[] = {20, 300, 20000};  ///< round by round
constexpr std::uint32_t kSeed = 1;

/// The parameters of units.toml.
model::AcceleratorConfig config() {
  model::AcceleratorConfig config;
  config.array = {4, 4};
  config.datatypes = {8, 8, 20, Overflow::kSaturate};
  config.requant.lanes = 4;
  config.buffers.activation_kib = 1;
  config.buffers.weight_kib = 2;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 80;
  return config;
}

template <typename Verilated>
std::string check(int round) {
  VerilatedCore<Mutant<Verilated>> device("mutant", config());
  return run_core_cosim(device, kSeed + static_cast<std::uint32_t>(round), kCommands[round]).divergence;
}

}  // namespace
}  // namespace systoliq::rtl

int main(int argc, char** argv) {
  using namespace systoliq::rtl;
  return run_mutants(argc, argv, {check<Vmutant_core>, check<Vfault_core>, 3});
}
