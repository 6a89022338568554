// SPDX-License-Identifier: Apache-2.0
// The one source that includes CLI11.
#include "tb/cli/common/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "types/util/nearest.h"

namespace systoliq::cli {
namespace {

/// The command that was recognized last.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* current = &app;
  while (!current->get_subcommands().empty()) current = current->get_subcommands().front();
  return *current;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

/// Names of the commands beside or below this one that have such an option.
std::string others_with(const CLI::App& command, const std::string& option) {
  std::string names;
  const CLI::App& parent = command.get_parent() == nullptr ? command : *command.get_parent();
  for (const CLI::App* other : parent.get_subcommands(nullptr)) {
    if (other->get_option_no_throw(option) != nullptr) names += (names.empty() ? "" : ", ") + other->get_name();
  }
  return names;
}

std::string full_name(const CLI::App& app) {
  return (app.get_parent() == nullptr ? "" : full_name(*app.get_parent()) + " ") + app.get_name();
}

std::string describe_unknown(const CLI::App& command, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') {
    const std::string option = word.substr(0, word.find('='));
    const std::string others = others_with(command, option);
    if (!others.empty()) return option + ": `" + full_name(command) + "` has no use for it; accepted by: " + others;
    return option + ": `" + full_name(command) + "` has no such option" + did_you_mean(option, option_names(command));
  }
  const std::vector<std::string> commands = command_names(command);
  if (commands.empty()) return "'" + word + "': `" + full_name(command) + "` takes no such argument";
  std::string list;
  for (const std::string& name : commands) list += (list.empty() ? "" : ", ") + name;
  const std::string suggestion = did_you_mean(word, commands);
  return "'" + word + "' is no command" + (suggestion.empty() ? ";" : suggestion) + " accepted: " + list;
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  for (const CLI::App* command = &app;;) {
    const std::vector<std::string> unknown = command->remaining();
    if (!unknown.empty()) return describe_unknown(*command, unknown.front());
    if (command->get_subcommands().empty()) break;
    command = command->get_subcommands().front();
  }
  return std::string(error.what()) + (error.get_name() == "ConversionError" ? "; accepted: a number" : "");
}

}  // namespace

Option Option::required() const { return Option(option_->required()); }

Option Option::group(const std::string& title) const { return Option(option_->group(title)); }

Option Option::show_default() const { return Option(option_->capture_default_str()); }

Option Option::show_default(const std::string& text) const { return Option(option_->default_str(text)); }

Option Option::delimiter(char separator) const { return Option(option_->delimiter(separator)); }

Option Option::one_word() const { return Option(option_->allow_extra_args(false)); }

Option Option::needs(Option other) const { return Option(option_->needs(other.option_)); }

Option Option::excludes(Option other) const { return Option(option_->excludes(other.option_)); }

Option Option::in_range(int least, int greatest) const { return Option(option_->check(CLI::Range(least, greatest))); }

Option Option::in_range(std::int64_t least, std::int64_t greatest) const {
  return Option(option_->check(CLI::Range(least, greatest)));
}

Option Option::in_range(double least, double greatest) const {
  return Option(option_->check(CLI::Range(least, greatest)));
}

Option Option::one_of(const std::vector<std::string>& names) const {
  return Option(option_->check(CLI::IsMember(names)));
}

Option Option::whole_number(std::uint64_t greatest) const {
  const auto problem = [greatest](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole && value <= greatest ? std::string() : text + "; accepted: 0 to " + std::to_string(greatest);
  };
  return Option(option_->check(CLI::Validator(problem, "INT in [0 - " + std::to_string(greatest) + "]")));
}

Option Option::not_empty() const {
  return Option(
      option_->check([](const std::string& name) { return std::string(name.empty() ? "names nothing" : ""); }));
}

bool Option::is_given() const { return option_->count() > 0; }

std::string Option::name() const { return option_->get_name(); }

std::string Option::heading() const { return option_->get_group(); }

Command Command::add_subcommand(const std::string& name, const std::string& description) const {
  return Command(app_->add_subcommand(name, description));
}

void Command::footer(const std::string& text) const { app_->footer(text); }

void Command::callback(const std::function<void()>& body) const { app_->callback(body); }

void Command::version(const std::string& text) const { app_->set_version_flag("--version", text); }

void Command::require_subcommand() const { app_->require_subcommand(1); }

template <typename T>
Option Command::add_option(const std::string& name, T& variable, const std::string& help) const {
  return Option(app_->add_option(name, variable, help));
}

template Option Command::add_option(const std::string&, std::string&, const std::string&) const;
template Option Command::add_option(const std::string&, int&, const std::string&) const;
template Option Command::add_option(const std::string&, std::int64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint32_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, double&, const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<std::string>&, const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<int>&, const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<double>&, const std::string&) const;

template <typename T>
Option Command::add_option_function(const std::string& name, const std::function<void(const T&)>& body,
                                    const std::string& help) const {
  return Option(app_->add_option_function<T>(name, body, help));
}

template Option Command::add_option_function(const std::string&, const std::function<void(const std::string&)>&,
                                             const std::string&) const;
template Option Command::add_option_function(const std::string&, const std::function<void(const std::int64_t&)>&,
                                             const std::string&) const;

Option Command::add_flag(const std::string& name, bool& variable, const std::string& help) const {
  return Option(app_->add_flag(name, variable, help));
}

Option Command::option(const std::string& name) const { return Option(app_->get_option(name)); }

bool Command::has_option(const std::string& name) const { return app_->get_option_no_throw(name) != nullptr; }

void Command::remove_option(const std::string& name) const { app_->remove_option(app_->get_option(name)); }

std::vector<Option> Command::options() const {
  std::vector<Option> options;
  for (CLI::Option* option : app_->get_options()) {
    if (option != app_->get_help_ptr()) options.emplace_back(option);
  }
  return options;
}

CommandLine::CommandLine(const std::string& description, const std::string& name)
    : app_(std::make_unique<CLI::App>(description, name)) {}

CommandLine::~CommandLine() = default;

Command CommandLine::root() const { return Command(app_.get()); }

bool CommandLine::guarded_parse(const std::function<void()>& parse) {
  try {
    parse();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
      throw CommandLineError(describe(*app_, error), full_name(innermost(*app_)));
    }
    app_->exit(error);
    return false;
  }
  return true;
}

bool CommandLine::parse(int argc, const char* const* argv) {
  return guarded_parse([&] { app_->parse(argc, argv); });
}

bool CommandLine::parse(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  return guarded_parse([&] { app_->parse(std::move(words)); });
}

bool CommandLine::parse(const std::string& words) {
  return guarded_parse([&] { app_->parse(words); });
}

}  // namespace systoliq::cli
