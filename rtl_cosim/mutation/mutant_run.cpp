// SPDX-License-Identifier: Apache-2.0
// A child process a fault: its text comes back through a pipe; a crash, an exception and a run without end kill too.
#include "rtl_cosim/mutation/mutant_run.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace systoliq::rtl {

int selected_mutant = 0;

namespace {

/// Seconds of processor time, which a busy machine does not shorten; the checks have bounds of their own far below.
constexpr rlim_t kLongestRun = 300;

/// The text that is reported for a divergence: one line without tabs. Where there are several lines the first names the
/// command, the second what differs.
std::string one_line(const std::string& text) {
  const std::size_t second = text.find('\n');
  std::string line;
  for (const char c : text.substr(second + 1 < text.size() ? second + 1 : 0, 200)) {
    line += c == '\n' || c == '\t' ? ' ' : c;
  }
  return line;
}

std::string find_divergence(const MutantCheck& check, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    try {
      const std::string text = check(round);
      if (!text.empty()) return "round " + std::to_string(round + 1) + ": " + one_line(text);
    } catch (const std::exception& error) {
      return "round " + std::to_string(round + 1) + ": " + one_line(error.what());
    }
  }
  return "";
}

/// Empty if the fault survives.
std::string run_child(const MutantCheck& check, int rounds) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe for a fault's process");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process for a fault");
  if (child == 0) {
    const rlimit limit = {kLongestRun, kLongestRun};
    if (setrlimit(RLIMIT_CPU, &limit) != 0) _exit(2);
    const std::string text = find_divergence(check, rounds);
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? (text.empty() ? 0 : 1) : 2);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 512> piece{};
  for (ssize_t count = 0; (count = read(ends[0], piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "the simulation ended with signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : text.empty() ? "the simulation stopped" : text;
}

}  // namespace

int run_mutants(int argc, const char* const* argv, const MutantChecks& checks) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: " << argv[0] << " netlist|faults FIRST LAST [ROUNDS]\n";
    return 2;
  }
  const std::string set = argv[1];
  const MutantCheck& check = set == "netlist" ? checks.netlist : checks.faults;
  const int rounds = argc == 5 ? std::atoi(argv[4]) : checks.rounds;
  for (selected_mutant = std::atoi(argv[2]); selected_mutant <= std::atoi(argv[3]); ++selected_mutant) {
    const auto start = std::chrono::steady_clock::now();
    const std::string divergence = run_child(check, rounds);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::cout << set << '\t' << selected_mutant << '\t' << (divergence.empty() ? "survived" : "killed") << '\t'
              << seconds << '\t' << divergence << std::endl;
  }
  return 0;
}

}  // namespace systoliq::rtl

/// Called by the sources with hand-written faults, through DPI.
extern "C" int systoliq_selected_fault() { return systoliq::rtl::selected_mutant; }
