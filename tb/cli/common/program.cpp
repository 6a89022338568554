// SPDX-License-Identifier: Apache-2.0
// The one place where exceptions become messages and exit statuses.
#include "tb/cli/common/program.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>

#include "types/error.h"
#include "types/util/interruption.h"
#include "types/util/names.h"
#include "types/util/nearest.h"

namespace systoliq::cli {
namespace {

void say(const std::string& message) { std::cerr << "systoliq: " << shown(message) << "\n"; }

int status_of(const std::function<int()>& body) {
  try {
    return body();
  } catch (const InputError& error) {
    say(error.what());
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {  // a path of the user's that cannot be made or read
    say(error.path1().string() + ": " + error.code().message());
    return 2;
  } catch (const std::exception& error) {
    say(std::string("internal error: ") + error.what());
    return 3;
  }
}

/// A standard stream that is closed would be the number of the next file that is opened, which then gets what is
/// printed. In its place comes one that refuses to be written, as a closed one does.
void fill_closed_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY) < 0) return;
  }
}

/// False, with a message, where standard output did not take all.
bool output_arrived() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0 && std::cout.flush();
  const int error = errno;
  if (flushed && std::ferror(stdout) == 0) return true;
  const std::string reason = error != 0 ? std::strerror(error) : "a full disk, or a reader that has gone";
  say("standard output: cannot be written: " + reason);
  return false;
}

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

}  // namespace

int guarded(const std::function<int()>& body) {
  fill_closed_streams();
  signal(SIGPIPE, SIG_IGN);  // writing fails instead, which output_arrived() finds
  signal(SIGXFSZ, SIG_IGN);
  clean_up_when_interrupted();
  const int status = status_of(body);
  const bool arrived = output_arrived();
  return arrived || status > 1 ? status : 2;
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

int parse_and_run(CLI::App& app, int argc, const char* const* argv, const Outcome& outcome) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    say(describe(app, error) + " (`" + full_name(innermost(app)) + " --help` tells more)");
    return 2;
  }
  return outcome.comparison_failed ? 1 : 0;
}

}  // namespace systoliq::cli
