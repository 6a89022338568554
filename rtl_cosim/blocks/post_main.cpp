// SPDX-License-Identifier: Apache-2.0
// Program of systoliq_add_cosim(… SCOPE post …): one POST engine against compute_post(), word for word after every
// command. Cycles are compared only with --exact-cycles.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include SYSTOLIQ_BLOCK_HEADER
#include "model/functional/post.h"
#include "rtl_cosim/blocks/block_machine.h"
#include "rtl_cosim/unit/post_cosim.h"
#include "rtl_cosim/unit/random_post.h"
#include "rtl_cosim/unit/verilated_post.h"

namespace systoliq::rtl {
namespace {

constexpr const char* kOperations[] = {"requantize", "max_pool", "average_pool", "add", "lookup", "fill"};

constexpr std::int64_t kMostCommands = 1'000'000'000;

struct Arguments {
  std::int64_t commands = 100;
  std::uint64_t seed = 1;
  bool exact_cycles = false;
};

bool run(const Arguments& arguments) {
  VerilatedPost<SYSTOLIQ_BLOCK> unit({SYSTOLIQ_BLOCK_NAME, block_machine()});
  bool same = true;
  std::uint64_t line = 0;
  for (int operation = 0; operation <= static_cast<int>(model::PostOp::kFill); ++operation) {
    for (std::size_t i = 0; i < kRtlPresets; ++i) {
      const auto op = static_cast<model::PostOp>(operation);
      const auto preset = static_cast<Preset>(i);
      if (!can_run(unit.build().config, op, preset)) continue;
      const PostReport report =
          cosim_post(unit, op, preset, arguments.commands, mix_seed(arguments.seed, line++), arguments.exact_cycles);
      std::printf("%-13s %-14s %8lld commands %10lld cycles  %s\n", kOperations[operation],
                  std::string(to_string(preset)).c_str(), static_cast<long long>(report.commands),
                  static_cast<long long>(report.cycles), report.mismatch.empty() ? "equal" : "DIFFERENT");
      if (report.mismatch.empty()) continue;
      same = false;
      std::printf("  %s\n", report.mismatch.c_str());
    }
  }
  return same;
}

int run_command_line(int argc, char** argv) {
  CLI::App app(std::string(SYSTOLIQ_BLOCK_NAME) + " against the model's POST");
  Arguments arguments;
  app.add_option("--commands", arguments.commands, "random commands an operation and preset")
      ->check(CLI::Range(std::int64_t{1}, kMostCommands))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the random commands")->capture_default_str();
  app.add_flag("--exact-cycles", arguments.exact_cycles, "every command takes the model's cycles too");
  try {
    app.parse(argc, argv);
    return run(arguments) ? 0 : 1;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
}

}  // namespace
}  // namespace systoliq::rtl

int main(int argc, char** argv) {
  try {
    return systoliq::rtl::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", SYSTOLIQ_BLOCK_NAME, error.what());
    return 2;
  }
}
