// SPDX-License-Identifier: Apache-2.0
// `systoliq explain` in the program without the RTL: --rtl hands over to systoliq-cosim.
#include "tb/cli/explain/explain_command.h"

#include <utility>

#include "tb/cli/commands.h"
#include "tb/cli/common/siblings.h"

namespace systoliq::cli {

void add_explain_command(Command app, Outcome& outcome, std::vector<std::string> arguments) {
  const Command command = app.add_subcommand("explain", kExplainDescription);
  ExplainRtl rtl;
  rtl.hand_over = [arguments = std::move(arguments)]() mutable {
    arguments.insert(arguments.begin(), kExplainWord);
    become(cosim_sibling(), arguments);
  };
  add_explain_options(command, outcome, rtl);
}

}  // namespace systoliq::cli
