// SPDX-License-Identifier: Apache-2.0
// `systoliq compare --against DIR`: its options, and what they do.
#pragma once

#include <string>

#include "model/accounting/run_result.h"
#include "tb/against/against.h"
#include "tb/cli/common/program.h"
#include "tb/workload/workload.h"

namespace systoliq::cli {

struct AgainstArguments {
  tb::AgainstOptions options;
  std::string layout = "nchw";
  bool given() const { return !options.folder.empty(); }
};

/// Adds --against and the options that need it.
void add_against_options(Command command, AgainstArguments& arguments);

/// Runs the images and prints the comparison. Throws InputError for a level without data.
void compare_against(const AgainstArguments& arguments, const tb::Workload& workload, model::Level level, bool json,
                     Outcome& outcome);

}  // namespace systoliq::cli
