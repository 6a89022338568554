// SPDX-License-Identifier: Apache-2.0
// Every command of the program: one function each, one file each. A command registers its options and a callback.
#pragma once

#include <string>
#include <vector>

#include "tb/cli/common/program.h"

namespace systoliq::cli {

void add_quantize_command(Command app);
void add_run_command(Command app, Outcome& outcome);
void add_compare_command(Command app, Outcome& outcome);
void add_accuracy_command(Command app);
void add_sensitivity_command(Command app);
void add_compile_command(Command app);
void add_disassemble_command(Command app);
void add_info_command(Command app);
void add_vectors_command(Command app);
void add_experiment_command(Command app, Outcome& outcome);
/// `arguments`: the words behind `explain`, which --rtl passes on.
void add_explain_command(Command app, Outcome& outcome, std::vector<std::string> arguments);

}  // namespace systoliq::cli
