// SPDX-License-Identifier: Apache-2.0
// The program systoliq-cosim, called as `systoliq cosim` and `systoliq explain --rtl`; the only one that links
// Verilated blocks for the user.
#include <memory>

#include "rtl_cosim/accelerator/accelerator_device.h"
#include "rtl_cosim/accelerator/observed_run.h"
#include "tb/cli/common/sibling_main.h"
#include "tb/cli/cosim/cosim_command.h"
#include "tb/cli/explain/explain_command.h"

namespace {

using namespace systoliq;

tb::ObservedRun rtl_of(const model::AcceleratorConfig& config, const std::string& origin) {
  const std::shared_ptr<rtl::AcceleratorDevice> device = rtl::make_accelerator(config, false, {}, origin);
  return [device](const model::Program& program, const std::vector<std::uint8_t>& memory,
                  model::CommandObserver& observer) { rtl::run_observed(*device, program, memory, observer); };
}

}  // namespace

int main(int argc, char** argv) {
  using namespace systoliq::cli;
  const auto explain = [](Command command, Outcome& outcome) {
    add_explain_options(command, outcome, {nullptr, rtl_of});
  };
  return sibling_main(cosim_sibling(), argc, argv, add_cosim_options,
                      {{kExplainWord, "explain", kExplainDescription, explain}});
}
