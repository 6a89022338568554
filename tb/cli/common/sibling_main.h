// SPDX-License-Identifier: Apache-2.0
// The main program of a sibling of `systoliq`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tb/cli/common/program.h"
#include "tb/cli/common/siblings.h"

namespace systoliq::cli {

/// A further command of `systoliq` that a sibling carries out, where its first argument is `word`.
struct FurtherCommand {
  std::string word, name, description;
  std::function<void(Command command, Outcome& outcome)> declare;
};

/// Runs `systoliq COMMAND`, whose options and callback `declare` adds to the app, or a further one. Returns the exit
/// status.
int sibling_main(const Sibling& sibling, int argc, char** argv,
                 const std::function<void(Command command, Outcome& outcome)>& declare,
                 const std::vector<FurtherCommand>& further = {});

}  // namespace systoliq::cli
