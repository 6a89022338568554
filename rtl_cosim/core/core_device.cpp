// SPDX-License-Identifier: Apache-2.0
// The list of parameter sets, which the build system writes into core_builds.inc, each with its configuration's text.
#include "rtl_cosim/core/core_device.h"

#include "rtl_cosim/core/verilated_core.h"
// The Verilated classes.
#include "core_headers.inc"

namespace systoliq::rtl {

std::vector<std::string> core_builds() {
  return {
#define SYSTOLIQ_CORE_BUILD(name) #name,
#include "core_builds.inc"
#undef SYSTOLIQ_CORE_BUILD
  };
}

std::unique_ptr<CoreDevice> make_core(const std::string& build) {
#define SYSTOLIQ_CORE_BUILD(name)                                                                    \
  if (build == #name) {                                                                              \
    return std::make_unique<VerilatedCore<Vcore_##name>>(                                            \
        build, model::parse_config(machine_text_core_##name(), "the configuration of core " #name)); \
  }
#include "core_builds.inc"
#undef SYSTOLIQ_CORE_BUILD
  std::string accepted;
  for (const std::string& each : core_builds()) accepted += " " + each;
  throw InputError("core '" + build + "' was not built; accepted:" + accepted);
}

}  // namespace systoliq::rtl
