// SPDX-License-Identifier: Apache-2.0
// Small rules over CLI11's options.
#include "tb/cli/common/option_rules.h"

#include <algorithm>
#include <charconv>

#include "types/error.h"

namespace systoliq::cli {

bool is_given(const CLI::App& command, const std::string& option) {
  const CLI::Option* found = command.get_option_no_throw(option);
  return found != nullptr && found->count() > 0;
}

void remove_options(CLI::App& command, const std::vector<std::string>& options) {
  for (const std::string& option : options) command.remove_option(command.get_option(option));
}

void refuse_others(const CLI::App& command, const std::vector<std::string>& used, const std::string& reason) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || std::count(used.begin(), used.end(), option->get_name()) != 0) continue;
    throw InputError(option->get_name() + ": " + reason);
  }
}

CLI::Validator whole_number(std::uint64_t largest) {
  const auto problem = [largest](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole && value <= largest ? std::string() : text + "; accepted: 0 to " + std::to_string(largest);
  };
  return CLI::Validator(problem, "INT in [0 - " + std::to_string(largest) + "]");
}

}  // namespace systoliq::cli
