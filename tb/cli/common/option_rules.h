// SPDX-License-Identifier: Apache-2.0
// Options that would have no effect are refused, whether alone, in a command or beside others.
#pragma once

#include <string>
#include <vector>

#include "tb/cli/common/command_line.h"

namespace systoliq::cli {

/// True where the user gave the option; false too where the command has none of that name.
bool is_given(Command command, const std::string& option);

/// Takes from a command what it has no use for.
void remove_options(Command command, const std::vector<std::string>& options);

/// Throws InputError for the first option given that is not among `used`: "OPTION: REASON".
void refuse_others(Command command, const std::vector<std::string>& used, const std::string& reason);

}  // namespace systoliq::cli
