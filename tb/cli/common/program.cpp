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

int parse_and_run(CommandLine& line, int argc, const char* const* argv, const Outcome& outcome) {
  try {
    line.parse(argc, argv);
  } catch (const CommandLineError& error) {
    say(std::string(error.what()) + " (`" + error.command() + " --help` tells more)");
    return 2;
  }
  return outcome.comparison_failed ? 1 : 0;
}

}  // namespace systoliq::cli
