// SPDX-License-Identifier: Apache-2.0
// Small rules over a command's options.
#include "tb/cli/common/option_rules.h"

#include <algorithm>

#include "types/error.h"

namespace systoliq::cli {

bool is_given(Command command, const std::string& option) {
  return command.has_option(option) && command.option(option).is_given();
}

void remove_options(Command command, const std::vector<std::string>& options) {
  for (const std::string& option : options) command.remove_option(option);
}

void refuse_others(Command command, const std::vector<std::string>& used, const std::string& reason) {
  for (const Option option : command.options()) {
    if (!option.is_given() || std::count(used.begin(), used.end(), option.name()) != 0) continue;
    throw InputError(option.name() + ": " + reason);
  }
}

}  // namespace systoliq::cli
