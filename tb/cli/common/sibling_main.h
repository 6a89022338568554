// SPDX-License-Identifier: Apache-2.0
// The main program of a sibling of `systoliq`.
#pragma once

#include <functional>

#include "tb/cli/common/program.h"
#include "tb/cli/common/siblings.h"

namespace systoliq::cli {

/// Runs `systoliq COMMAND`, whose options and callback `declare` adds to the app. Returns the exit status.
int sibling_main(const Sibling& sibling, int argc, char** argv,
                 const std::function<void(CLI::App& command, Outcome& outcome)>& declare);

}  // namespace systoliq::cli
