// SPDX-License-Identifier: Apache-2.0
// Program of systoliq_add_cosim(… SCOPE core …): one EXECUTE engine against compute_execute(): the accumulator buffer
// after every command, and with --exact-cycles each write in its cycle.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include SYSTOLIQ_BLOCK_HEADER
#include "model/functional/execute.h"
#include "rtl_cosim/blocks/block_machine.h"
#include "rtl_cosim/core/core_cosim.h"
#include "rtl_cosim/core/random_execute.h"
#include "rtl_cosim/core/verilated_core.h"
#include "types/error.h"

namespace systoliq::rtl {
namespace {

struct Arguments {
  int commands = 300;
  std::uint32_t seed = 1;
  bool exact_cycles = false;
};

constexpr std::int64_t kPatience = 1000000;  ///< cycles of one command
constexpr int kCommandsPerFilling = 50;      ///< of the buffers

/// The first accumulator that differs and, if the command wrote it, what it is the sum of; or nothing.
std::string difference(CoreDevice& device, model::Storage& state, const model::Execute& execute) {
  const std::vector<std::int64_t> found = device.accumulators();
  const std::int64_t* expected = state.accumulators.words(0, device.config().accumulator_words());
  const auto cols = static_cast<std::size_t>(device.config().array.cols);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i]) continue;
    const std::int64_t pixel = static_cast<std::int64_t>(i / cols) - execute.accumulator_address;
    const bool written = pixel >= 0 && pixel < std::int64_t{execute.output_height} * execute.output_width;
    return "accumulator word " + std::to_string(i / cols) + ", column " + std::to_string(i % cols) + ": expected " +
           std::to_string(expected[i]) + ", found " + std::to_string(found[i]) +
           (written ? "\n" + inputs_of_sum(state, execute, static_cast<int>(pixel), static_cast<int>(i % cols))
                    : "; the command does not write it");
  }
  return "";
}

CoreReport compare_results(CoreDevice& device, const Arguments& arguments) {
  CoreReport report;
  RandomExecute random(arguments.seed);
  model::Storage state;
  state.configure(device.config());
  for (; report.commands < arguments.commands && report.divergence.empty(); ++report.commands) {
    if (report.commands % kCommandsPerFilling == 0) {
      random.fill(&state);
      device.load(state);
    }
    const model::Command command = random.command(device.config());
    const auto& execute = std::get<model::Execute>(command.body);
    std::string found;
    try {
      report.cycles += device.execute(command, random.pick(0, 3), random.pick(0, 3), kPatience).cycles;
    } catch (const InternalError& error) {  // an assertion of the block, its protocol, or no end
      found = error.what();
    }
    model::Staged staged;
    model::LayerCounters counters;
    model::compute_execute(state, execute, &staged, &counters);
    model::commit_execute(state, execute, staged);
    if (found.empty()) found = difference(device, state, execute);
    if (!found.empty()) {
      report.divergence =
          "command " + std::to_string(report.commands) + ": " + model::disassemble(command) + "\n  " + found;
    }
  }
  return report;
}

bool run(const Arguments& arguments) {
  VerilatedCore<SYSTOLIQ_BLOCK> core(SYSTOLIQ_BLOCK_NAME, block_machine());
  const CoreReport report = arguments.exact_cycles ? run_core_cosim(core, arguments.seed, arguments.commands)
                                                   : compare_results(core, arguments);
  std::printf("%8lld commands %10lld cycles  %s\n", static_cast<long long>(report.commands),
              static_cast<long long>(report.cycles), report.divergence.empty() ? "equal" : "DIFFERENT");
  if (!report.divergence.empty()) std::printf("  %s\n", report.divergence.c_str());
  return report.divergence.empty();
}

int run_command_line(int argc, char** argv) {
  CLI::App app(std::string(SYSTOLIQ_BLOCK_NAME) + " against the model's EXECUTE");
  Arguments arguments;
  app.add_option("--commands", arguments.commands, "random commands")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the random commands")->capture_default_str();
  app.add_flag("--exact-cycles", arguments.exact_cycles, "every accumulator is written in the model's cycle");
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
