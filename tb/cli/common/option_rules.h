// SPDX-License-Identifier: Apache-2.0
// Options that would have no effect are refused, whether alone, in a command or beside others.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::cli {

/// True where the user gave the option; false too where the command has none of that name.
bool is_given(const CLI::App& command, const std::string& option);

/// Takes from a command what it has no use for.
void remove_options(CLI::App& command, const std::vector<std::string>& options);

/// Throws InputError for the first option given that is not among `used`: "OPTION: REASON".
void refuse_others(const CLI::App& command, const std::vector<std::string>& used, const std::string& reason);

/// Accepts 0 to `largest`, digits only; a sign would wrap to a large number.
CLI::Validator whole_number(std::uint64_t largest);

}  // namespace systoliq::cli
