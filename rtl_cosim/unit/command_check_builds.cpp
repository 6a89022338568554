// SPDX-License-Identifier: Apache-2.0
// The list of builds comes from CMakeLists.txt.
#include "check_headers.inc"
#include "model/config/config_text.h"
#include "rtl_cosim/unit/verilated_command_check.h"

namespace systoliq::rtl {

#define SYSTOLIQ_CHECK_BUILD(name)                                        \
  units.push_back(std::make_unique<VerilatedCommandCheck<Vcheck_##name>>( \
      #name, model::parse_config(machine_text_check_##name(), "the configuration of command check " #name)));
std::vector<std::unique_ptr<CommandCheckUnit>> make_command_check_units() {
  std::vector<std::unique_ptr<CommandCheckUnit>> units;
#include "check_builds.inc"
  return units;
}
#undef SYSTOLIQ_CHECK_BUILD

}  // namespace systoliq::rtl
