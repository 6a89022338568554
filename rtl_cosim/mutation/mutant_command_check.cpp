// SPDX-License-Identifier: Apache-2.0
// Faulty decoder's checks under the unit scope's.
#include "Vfault_command_check.h"
#include "Vmutant_command_check.h"
#include "rtl_cosim/mutation/mutant_run.h"
#include "rtl_cosim/unit/verilated_command_check.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kCommands[] = {1000, 20000, 1000000};  ///< round by round
constexpr std::uint64_t kSeed = 1;

/// The parameters of units.toml.
model::AcceleratorConfig config() {
  model::AcceleratorConfig config;
  config.array = {3, 4};
  config.datatypes.activation_bits = 6;
  config.datatypes.weight_bits = 4;
  config.weights.codec = model::WeightCodec::kCodebook;
  config.buffers.activation_kib = 1;
  config.buffers.weight_kib = 1;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 80;
  return config;
}

template <typename Verilated>
std::string check(int round) {
  VerilatedCommandCheck<Mutant<Verilated>> unit("mutant", config());
  return cosim_command_check(unit, kCommands[round], kSeed + static_cast<unsigned>(round)).mismatch;
}

}  // namespace
}  // namespace systoliq::rtl

int main(int argc, char** argv) {
  using namespace systoliq::rtl;
  return run_mutants(argc, argv, {check<Vmutant_command_check>, check<Vfault_command_check>, 3});
}
