// SPDX-License-Identifier: Apache-2.0
// `systoliq cosim`: options and callback.
#pragma once

#include "tb/cli/common/program.h"

namespace systoliq::cli {

/// Adds the options; the callback runs the co-simulation and prints its result.
void add_cosim_options(Command command, Outcome& outcome);

}  // namespace systoliq::cli
