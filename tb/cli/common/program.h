// SPDX-License-Identifier: Apache-2.0
// What `systoliq` and the programs beside it do alike: parse the command line, turn exceptions into messages and exit
// statuses, see that what they print arrives, and clean up when they are interrupted.
#pragma once

#include <functional>

#include "tb/cli/common/command_line.h"

namespace systoliq::cli {

/// Set by a command whose comparison failed; becomes exit status 1.
struct Outcome {
  bool comparison_failed = false;
};

/// The result of `body`, or the status of what it throws, with a message on standard error: 2 for bad input (InputError
/// and paths that cannot be made or read), 3 for all else; 2 also where standard output did not take what was printed.
/// From the call on a pipe whose reader has gone is such an output, and signals end the program as
/// clean_up_when_interrupted() says.
int guarded(const std::function<int()>& body);

/// Parses, which runs the callbacks. Returns 0, 1 where `outcome` says that a comparison failed, or 2 for a fault in
/// the command line itself. Throws what the callbacks throw.
int parse_and_run(CommandLine& line, int argc, const char* const* argv, const Outcome& outcome);

}  // namespace systoliq::cli
