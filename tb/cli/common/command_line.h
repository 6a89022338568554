// SPDX-License-Identifier: Apache-2.0
// Commands and their options, declared on CLI11. CLI11 is one large header, which takes four seconds to compile: only
// the sources of this header include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace systoliq::cli {

/// An option of a command, to declare what it accepts. A handle: copies mean the same option, which lives as long as
/// its CommandLine.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required() const;
  Option group(const std::string& title) const;        ///< heading of `--help` under which it stands
  Option show_default() const;                         ///< `--help` prints the variable's value of now
  Option show_default(const std::string& text) const;  ///< `--help` prints the text
  Option delimiter(char separator) const;              ///< of several values in one word
  Option one_word() const;                             ///< takes one word each time that it is given
  Option needs(Option other) const;
  Option excludes(Option other) const;

  Option in_range(int least, int greatest) const;
  Option in_range(std::int64_t least, std::int64_t greatest) const;
  Option in_range(double least, double greatest) const;
  Option one_of(const std::vector<std::string>& names) const;
  /// 0 to `greatest`, digits only; a sign would wrap to a large number.
  Option whole_number(std::uint64_t greatest) const;
  Option not_empty() const;

  bool is_given() const;
  std::string name() const;     ///< as messages spell it, `--images`
  std::string heading() const;  ///< what group() said

 private:
  CLI::Option* option_;
};

/// A command with its options. A handle, as Option is.
class Command {
 public:
  explicit Command(CLI::App* app = nullptr) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& description) const;
  void footer(const std::string& text) const;
  void callback(const std::function<void()>& body) const;
  void version(const std::string& text) const;
  void require_subcommand() const;

  /// An option that fills `variable`; `name` as `-o,--output`, or without dashes for a positional one. For std::string,
  /// int, std::int64_t, std::uint32_t, std::uint64_t, double, and vectors of std::string, int and double.
  template <typename T>
  Option add_option(const std::string& name, T& variable, const std::string& help) const;
  /// An option whose value goes to `body`, for std::string and std::int64_t.
  template <typename T>
  Option add_option_function(const std::string& name, const std::function<void(const T&)>& body,
                             const std::string& help) const;
  /// An option without value; `!--name` clears the variable.
  Option add_flag(const std::string& name, bool& variable, const std::string& help) const;

  Option option(const std::string& name) const;
  bool has_option(const std::string& name) const;
  void remove_option(const std::string& name) const;
  std::vector<Option> options() const;  ///< all but `--help`
  bool exists() const { return app_ != nullptr; }

 private:
  CLI::App* app_;
};

/// A fault in a command line: what() says which, with the nearest option or command for one that does not exist.
class CommandLineError final : public std::runtime_error {
 public:
  CommandLineError(const std::string& text, std::string command)
      : std::runtime_error(text), command_(std::move(command)) {}
  /// The command that was recognized last, as the user types it.
  const std::string& command() const { return command_; }

 private:
  std::string command_;
};

/// A program's command line.
class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& name);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command root() const;

  /// Parses, which runs the callbacks, and throws what they throw. Returns false where only help or version were asked
  /// for, which are printed. Throws CommandLineError for a fault in the line itself.
  bool parse(int argc, const char* const* argv);
  /// The same for words without the program's name, one by one or as typed in a shell, without quotes.
  bool parse(std::vector<std::string> words);
  bool parse(const std::string& words);

 private:
  bool guarded_parse(const std::function<void()>& parse);

  std::unique_ptr<CLI::App> app_;
};

}  // namespace systoliq::cli
