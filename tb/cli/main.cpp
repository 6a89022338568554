// SPDX-License-Identifier: Apache-2.0
// The program `systoliq`: its commands, and those that programs beside it carry out.

#include "tb/cli/commands.h"
#include "tb/cli/common/program.h"
#include "tb/cli/common/siblings.h"
#include "types/error.h"
#include "types/version.h"

namespace {

using namespace systoliq::cli;

/// For --help alone: run() passes these commands on before it parses.
void list_siblings(Command app) {
  for (const Sibling& sibling : all_siblings()) {
    const std::string name = sibling.command;
    app.add_subcommand(name, sibling.description).callback([name] {
      throw systoliq::InputError(name + ": accepted as the first word after systoliq only");
    });
  }
}

/// The arguments of a command that is the first word; else none.
std::vector<std::string> words_behind(const std::string& command, int argc, char** argv) {
  if (argc < 2 || argv[1] != command) return {};
  return {argv + 2, argv + argc};
}

/// Throws what the commands throw.
int run(int argc, char** argv) {
  for (const Sibling& sibling : all_siblings()) {
    if (argc > 1 && argv[1] == sibling.command) become(sibling, {argv + 2, argv + argc});
  }
  CommandLine line("systoliq: a bit-accurate, cycle-approximate model of a quantized CNN accelerator", "systoliq");
  const Command app = line.root();
  app.version(systoliq::kVersion);
  app.require_subcommand();
  Outcome outcome;
  add_quantize_command(app);
  add_run_command(app, outcome);
  add_compare_command(app, outcome);
  add_explain_command(app, outcome, words_behind("explain", argc, argv));
  add_accuracy_command(app);
  add_sensitivity_command(app);
  add_compile_command(app);
  add_disassemble_command(app);
  add_info_command(app);
  add_experiment_command(app, outcome);
  add_vectors_command(app);
  list_siblings(app);
  return parse_and_run(line, argc, argv, outcome);
}

}  // namespace

int main(int argc, char** argv) {
  return guarded([&] { return run(argc, argv); });
}
