// SPDX-License-Identifier: Apache-2.0
// Finding, checking and starting the programs beside `systoliq`.
#include "tb/cli/common/siblings.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tb/cli/common/sibling_stamps.h"
#include "types/error.h"
#include "types/util/interruption.h"
#include "types/version.h"

namespace systoliq::cli {
namespace {

constexpr const char* kCalledBy = "--called-by=";

std::string build_of(const Sibling& sibling) { return std::string(kVersion) + "/" + sibling.stamp; }

/// An installed systoliq comes without what needs libtorch, but with the rest that was built.
std::string how_to_build(const Sibling& sibling) {
  const std::string build = "`./dev build " + sibling.command + "` builds it";
  return sibling.command == "train" ? build + ", the Debian package systoliq-train holds it" : build;
}

/// For exec and its like, which take pointers that they do not write through.
std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void cannot_start(const std::string& path, int error) {
  throw InputError(path + ": cannot be started: " + std::strerror(error));
}

}  // namespace

const Sibling& train_sibling() {
  static const Sibling kTrain = {
      "train", "train a built-in network, in float or with quantization, and write it as ONNX", kTrainStamp};
  return kTrain;
}

const Sibling& cosim_sibling() {
  static const Sibling kCosim = {"cosim", "run the Verilated RTL in lock-step with the model", kCosimStamp};
  return kCosim;
}

std::vector<Sibling> all_siblings() { return {cosim_sibling(), train_sibling()}; }

std::vector<std::string> sibling_command(const Sibling& sibling, const std::vector<std::string>& arguments) {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string path = (folder / ("systoliq-" + sibling.command)).string();
  if (!std::filesystem::exists(path)) {
    throw InputError(sibling.command + ": its program " + path + " is not there; " + how_to_build(sibling));
  }
  std::vector<std::string> words = {path, kCalledBy + build_of(sibling)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

void become(const Sibling& sibling, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = sibling_command(sibling, arguments);
  execv(words.front().c_str(), pointers(words).data());
  cannot_start(words.front(), errno);
}

int run_and_wait(const Sibling& sibling, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = sibling_command(sibling, arguments);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int error = posix_spawn(&child, words.front().c_str(), &actions, nullptr, pointers(words).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot_start(words.front(), error);
  pass_signals_to(child);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw InternalError(words.front() + ": cannot be waited for: " + std::strerror(errno));
  }
  pass_signals_to(0);
  if (!WIFEXITED(status)) throw InternalError(words.front() + ": ended by signal " + std::to_string(WTERMSIG(status)));
  return WEXITSTATUS(status);
}

void check_caller(const Sibling& sibling, std::vector<std::string>* arguments) {
  if (arguments->empty() || arguments->front().rfind(kCalledBy, 0) != 0) return;
  const std::string caller = arguments->front().substr(std::strlen(kCalledBy));
  const std::string own = build_of(sibling);
  if (caller != own) {
    throw InputError(sibling.command + ": systoliq is build " + caller + ", its program systoliq-" + sibling.command +
                     " is build " + own + "; " + how_to_build(sibling) + " anew");
  }
  arguments->erase(arguments->begin());
}

}  // namespace systoliq::cli
