// SPDX-License-Identifier: Apache-2.0
// Program of systoliq_add_cosim(… SCOPE requant …): one block against model::requantize(). What the block is called and
// how wide it is comes from CMake (cmake/systoliq_cosim.cmake).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include SYSTOLIQ_BLOCK_HEADER
#include "rtl_cosim/unit/requantize_cosim.h"
#include "rtl_cosim/unit/verilated_requantize.h"
#include "types/error.h"
#include "types/util/atomic_file.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kMostVectors = 1'000'000'000'000;

struct Arguments {
  std::int64_t vectors = 100000;
  std::uint64_t seed = 1;
  std::vector<std::string> presets;
  std::string trace;
};

constexpr std::int64_t kTracedBefore = 40;  ///< cycles of the waveform before the mismatch
constexpr std::int64_t kTracedAfter = 10;

/// The same run again, now recording the cycles around the mismatch.
void write_waveform(RequantizeUnit& unit, Preset preset, const Arguments& arguments, const RequantizeReport& report) {
  if (arguments.trace.empty()) return;
  AtomicFile file(arguments.trace);
  RequantizeTrace trace;
  trace.path = file.temporary();
  trace.first_cycle = report.cycles - kTracedBefore;
  trace.last_cycle = report.cycles + kTracedAfter;
  try {
    cosim_requantize(unit, preset, arguments.vectors, arguments.seed, &trace);
  } catch (const std::exception&) {
    unit.close_trace();
    throw;
  }
  std::error_code failure;
  if (std::filesystem::file_size(trace.path, failure) == 0 || failure) {
    throw InputError("--trace '" + arguments.trace + "': cannot be written; the disk may be full");
  }
  file.commit();
  std::printf("  waveform: %s\n", arguments.trace.c_str());
}

/// Whether something will differ is not known yet.
void check_trace(const std::string& path) {
  if (path.empty()) return;
  if (!IsTraced<SYSTOLIQ_BLOCK>::value) {
    throw InputError(
        "--trace: this block was built without waveforms; accepted: one built with systoliq_add_cosim(… "
        "TRACE)");
  }
  try {
    AtomicFile writable(path);
  } catch (const InputError& error) {
    throw InputError("--trace " + std::string(error.what()));
  }
}

bool run(const Arguments& arguments) {
  check_trace(arguments.trace);
  VerilatedRequantize<SYSTOLIQ_BLOCK> unit(
      {SYSTOLIQ_BLOCK_ACCUMULATOR_BITS, SYSTOLIQ_BLOCK_MULTIPLIER_BITS, SYSTOLIQ_BLOCK_RESULT_BITS});
  if (arguments.presets.empty()) throw InputError("--preset: names none; accepted: at least one");
  bool same = true;
  for (const std::string& name : arguments.presets) {
    const Preset preset = parse_preset(name);
    const RequantizeReport report = cosim_requantize(unit, preset, arguments.vectors, arguments.seed);
    std::printf("%-14s %10lld vectors %10lld cycles  latency %lld to %lld  %s\n", name.c_str(),
                static_cast<long long>(report.vectors), static_cast<long long>(report.cycles),
                static_cast<long long>(report.shortest_latency), static_cast<long long>(report.longest_latency),
                report.mismatch.empty() ? "equal" : "DIFFERENT");
    if (report.mismatch.empty()) continue;
    same = false;
    std::printf("  %s\n", report.mismatch.c_str());
    write_waveform(unit, preset, arguments, report);
  }
  return same;
}

int run_command_line(int argc, char** argv) {
  CLI::App app(std::string(SYSTOLIQ_BLOCK_NAME) + " against the model's requantization");
  Arguments arguments;
  CLI::detail::split(SYSTOLIQ_BLOCK_PRESETS, ',').swap(arguments.presets);
  app.add_option("--vectors", arguments.vectors, "requantizations a preset, corner cases first")
      ->check(CLI::Range(std::int64_t{1}, kMostVectors))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the random ones")->capture_default_str();
  app.add_option("--preset", arguments.presets, "only these")->delimiter(',')->capture_default_str();
  app.add_option("--trace", arguments.trace, "VCD file for the cycles around a mismatch (needs TRACE in CMake)")
      ->check([](const std::string& name) { return std::string(name.empty() ? "names no file" : ""); });
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
