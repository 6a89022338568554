// SPDX-License-Identifier: Apache-2.0
// The program's entry point: command line, and the one place where exceptions become messages and exit statuses.
#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>

#include "tb/cli/commands.h"
#include "types/error.h"

namespace {

/// Throws what the commands throw; status of a fault in the command line itself is 2.
int run(int argc, char** argv) {
  CLI::App app{"systoliq: a bit-accurate, cycle-approximate model of a quantized CNN accelerator"};
  app.set_version_flag("--version", SYSTOLIQ_VERSION);
  app.require_subcommand(1);
  systoliq::cli::Outcome outcome;
  systoliq::cli::add_quantize_command(app);
  systoliq::cli::add_run_command(app, outcome);
  systoliq::cli::add_compare_command(app, outcome);
  systoliq::cli::add_accuracy_command(app);
  systoliq::cli::add_sensitivity_command(app);
  systoliq::cli::add_compile_command(app);
  systoliq::cli::add_disassemble_command(app);
  systoliq::cli::add_info_command(app);
  systoliq::cli::add_experiment_command(app, outcome);
  systoliq::cli::add_vectors_command(app);
#ifdef SYSTOLIQ_COSIM
  systoliq::cli::add_cosim_command(app, outcome);
#endif
#ifdef SYSTOLIQ_TRAIN
  systoliq::cli::add_train_command(app);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return outcome.comparison_failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const systoliq::InputError& error) {
    std::cerr << "systoliq: " << error.what() << "\n";
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {  // a path of the user's that cannot be made or read
    std::cerr << "systoliq: " << error.path1().string() << ": " << error.code().message() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "systoliq: internal error: " << error.what() << "\n";
    return 3;
  }
}
