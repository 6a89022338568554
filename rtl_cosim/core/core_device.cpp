// SPDX-License-Identifier: Apache-2.0
// The list of parameter sets, which the build system writes into core_builds.inc.
#include "rtl_cosim/core/core_device.h"

#include "rtl_cosim/core/verilated_core.h"
// The Verilated classes.
#include "core_headers.inc"

namespace systoliq::rtl {
namespace {

/// Buffers small enough to be compared whole after every command.
model::AcceleratorConfig core_config(int rows, int cols, int activation_bits, int weight_bits, int accumulator_bits,
                                     int saturate, int output_stationary, int codebook_bits) {
  model::AcceleratorConfig config;
  config.array = {rows, cols, output_stationary != 0 ? Dataflow::kOutputStationary : Dataflow::kWeightStationary};
  config.datatypes = {activation_bits, weight_bits, accumulator_bits,
                      saturate != 0 ? Overflow::kSaturate : Overflow::kWrap};
  if (codebook_bits != 0) config.weights = {model::WeightCodec::kCodebook, codebook_bits};
  config.requant.lanes = cols;
  config.buffers = {SYSTOLIQ_CORE_ACTIVATION_KIB, SYSTOLIQ_CORE_WEIGHT_KIB, SYSTOLIQ_CORE_ACCUMULATOR_WORDS,
                    SYSTOLIQ_CORE_PARAM_WORDS};
  return config;
}

}  // namespace

std::vector<std::string> core_builds() {
  return {
#define SYSTOLIQ_CORE_BUILD(name, ...) #name,
#include "core_builds.inc"
#undef SYSTOLIQ_CORE_BUILD
  };
}

std::unique_ptr<CoreDevice> make_core(const std::string& build) {
#define SYSTOLIQ_CORE_BUILD(name, ...) \
  if (build == #name) return std::make_unique<VerilatedCore<Vcore_##name>>(build, core_config(__VA_ARGS__));
#include "core_builds.inc"
#undef SYSTOLIQ_CORE_BUILD
  std::string accepted;
  for (const std::string& each : core_builds()) accepted += " " + each;
  throw InputError("core '" + build + "' was not built; accepted:" + accepted);
}

}  // namespace systoliq::rtl
