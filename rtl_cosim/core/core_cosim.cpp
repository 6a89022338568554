// SPDX-License-Identifier: Apache-2.0
// Lock-step of the compute core.
#include "rtl_cosim/core/core_cosim.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "model/functional/execute.h"
#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/differing_bits.h"
#include "rtl_cosim/core/golden_execute.h"
#include "rtl_cosim/core/random_execute.h"

namespace systoliq::rtl {
namespace {

using model::Execute;
using model::Storage;

std::string list(const std::vector<std::int64_t>& values) {
  std::ostringstream text;
  for (const std::int64_t value : values) text << ' ' << value;
  return text.str();
}

std::string pixel_and_channel(const Execute& e, int pixel, int column) {
  return "  pixel: row " + std::to_string(pixel / e.output_width) + ", column " +
         std::to_string(pixel % e.output_width) + "; channel " + std::to_string(column) + '\n';
}

/// The inputs of one accumulator in one pass.
std::string inputs(Storage& state, const Execute& e, const Pass& pass, int pixel, int column) {
  std::vector<std::int64_t> activations, operands;
  for (int lane = 0; lane < pass.lanes; ++lane) {
    activations.push_back(activation(state, e, pass, pixel, lane));
    operands.push_back(operand(state, e, pass, lane, column));
  }
  std::ostringstream text;
  text << "  pass: kernel row " << pass.ky << ", kernel column " << pass.kx << ", block " << pass.block
       << "\n  activations:" << list(activations) << "\n  weights:" << list(operands) << '\n';
  return text.str();
}

/// The inputs of the write with that number: of its pass, or, output stationary, of all.
std::string inputs_of_write(Storage& state, const Execute& e, std::size_t write, int column) {
  const auto pixels = static_cast<std::size_t>(pixels_of(e));
  const auto pixel = static_cast<int>(write % pixels);
  if (state.config.array.dataflow == Dataflow::kOutputStationary) return inputs_of_sum(state, e, pixel, column);
  const std::vector<Pass> passes = passes_of(e, state.config.array.rows);
  return pixel_and_channel(e, pixel, column) + inputs(state, e, passes.at(write / pixels), pixel, column);
}

std::string write_difference(Storage& state, const Execute& e, const std::vector<AccumulatorWrite>& expected,
                             const std::vector<AccumulatorWrite>& found) {
  std::ostringstream text;
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
    const AccumulatorWrite& wanted = expected[i];
    const AccumulatorWrite& got = found[i];
    if (wanted.cycle == got.cycle && wanted.address == got.address && wanted.values == got.values) continue;
    std::size_t column = 0;
    while (column + 1 < wanted.values.size() && wanted.values[column] == got.values[column]) ++column;
    text << "  accumulator write " << i << ": expected cycle " << wanted.cycle << ", word " << wanted.address
         << ", value " << wanted.values[column] << "; found cycle " << got.cycle << ", word " << got.address
         << ", value " << got.values[column] << '\n'
         << inputs_of_write(state, e, i, static_cast<int>(column));
    return text.str();
  }
  if (expected.size() != found.size()) {
    text << "  accumulator writes: expected " << expected.size() << ", found " << found.size() << '\n';
  }
  return text.str();
}

/// Counts what differs: bits of the words as they were written, else of those that the buffer holds afterwards.
void count_differences(const std::vector<AccumulatorWrite>& expected, const CoreRun& run, std::int64_t cycles, int bits,
                       const std::int64_t* held, const std::vector<std::int64_t>& found, CoreReport* report) {
  report->cycle_difference = run.cycles - cycles;
  for (std::size_t i = 0; i < std::min(expected.size(), run.writes.size()); ++i) {
    const AccumulatorWrite& wanted = expected[i];
    const AccumulatorWrite& got = run.writes[i];
    if (report->cycle_difference == 0) report->cycle_difference = got.cycle - wanted.cycle;
    for (std::size_t c = 0; c < std::min(wanted.values.size(), got.values.size()); ++c) {
      report->mismatched_bits += differing_bits(wanted.values[c], got.values[c], bits);
    }
  }
  if (report->mismatched_bits != 0) return;
  for (std::size_t i = 0; i < found.size(); ++i) report->mismatched_bits += differing_bits(held[i], found[i], bits);
}

}  // namespace

std::string inputs_of_sum(Storage& state, const Execute& e, int pixel, int column) {
  std::string text = pixel_and_channel(e, pixel, column);
  for (const Pass& pass : passes_of(e, state.config.array.rows)) text += inputs(state, e, pass, pixel, column);
  return text;
}

void run_core_command(CoreDevice& device, Storage& state, const model::Command& command, int idle, int ungranted,
                      CoreReport* report) {
  const auto& execute = std::get<Execute>(command.body);
  const std::vector<AccumulatorWrite> expected = expected_writes(state, execute);
  const std::int64_t cycles = model::execute_timing(execute, device.config()).total();
  CoreFailure before{state, command, ungranted, ungranted + cycles};

  const std::string title = "core " + device.name() + ", command " + std::to_string(report->commands) + ": " +
                            model::disassemble(command) + "\n";
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t first_cycle = device.cycle();
  CoreRun run;
  try {
    run = device.execute(command, idle, ungranted, 2 * cycles + 100);
  } catch (const InternalError& error) {  // an assertion of the RTL, its protocol, or no end
    before.cycles = device.cycle() - first_cycle - idle + 1;
    report->failure = std::move(before);
    report->divergence = title + "  " + error.what() + '\n';
    return;
  }
  report->seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->cycles += device.cycle() - first_cycle;
  ++report->commands;
  report->words += static_cast<std::int64_t>(run.writes.size());

  std::string difference = write_difference(state, execute, expected, run.writes);
  model::Staged staged;
  model::LayerCounters counters;
  model::compute_execute(state, execute, &staged, &counters);
  model::commit_execute(state, execute, staged);
  report->overflows += counters.overflows;

  std::ostringstream text;
  text << difference;
  if (run.cycles != cycles) text << "  cycles: expected " << cycles << ", found " << run.cycles << '\n';
  if (run.signal != command.signal) {
    text << "  signaled semaphores: expected " << command.signal << ", found " << run.signal << '\n';
  }
  const CoreReads reads = expected_reads(state, execute);
  if (!(run.reads == reads)) {
    text << "  words read (activation, weight, accumulator, param): expected " << reads.activation << ' '
         << reads.weight << ' ' << reads.accumulator << ' ' << reads.param << ", found " << run.reads.activation << ' '
         << run.reads.weight << ' ' << run.reads.accumulator << ' ' << run.reads.param << '\n';
  }
  const std::vector<std::int64_t> found = device.accumulators();
  const std::int64_t* held = state.accumulators.words(0, device.config().accumulator_words());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == held[i]) continue;
    const auto cols = static_cast<std::size_t>(device.config().array.cols);
    text << "  after the command: accumulator word " << i / cols << ", channel " << i % cols << ": expected " << held[i]
         << ", found " << found[i] << '\n';
    break;
  }
  if (!text.str().empty()) {
    count_differences(expected, run, cycles, device.config().datatypes.accumulator_bits, held, found, report);
    report->failure = std::move(before);
    report->divergence = title + text.str();
  }
}

namespace {

/// A random command cut down to one pixel, one tap and one lane.
model::Command smallest(RandomExecute* random, const model::AcceleratorConfig& config) {
  model::Command command = random->command(config);
  Execute& e = std::get<Execute>(command.body);
  e.output_height = e.output_width = e.kernel_height = e.kernel_width = e.input_blocks = e.last_block_lanes = 1;
  return command;
}

/// Commands that are there at once, or late, or late in part; or many small ones, so that the array holds several.
std::vector<CoreOffer> random_offers(RandomExecute* random, const model::AcceleratorConfig& config) {
  const bool many = random->pick(0, 2) == 0;
  std::vector<CoreOffer> offers(static_cast<std::size_t>(many ? 10 : random->pick(2, 5)));
  const bool at_once = many || random->pick(0, 1) == 0;
  std::int64_t visible = 0;
  for (CoreOffer& offer : offers) {
    offer.command = many && random->pick(0, 9) != 0 ? smallest(random, config) : random->command(config);
    if (!at_once) visible += random->pick(0, 40);
    offer.visible = visible;
    offer.granted = visible + (random->pick(0, 3) == 0 ? random->pick(1, 20) : 0);
    if (random->pick(0, 2) == 0) offer.stream_granted = random->pick(1, 30);
  }
  return offers;
}

}  // namespace

CoreReport run_core_cosim(CoreDevice& device, std::uint32_t seed, int commands) {
  RandomExecute random(seed);
  Storage state;
  state.configure(device.config());
  CoreReport report;
  for (int i = 0; i < commands && report.divergence.empty(); ++i) {
    if (i % 50 == 0) {
      random.fill(&state);
      device.load(state);
    }
    if (i % 25 >= 15) {  // the end of every 25 together
      std::vector<CoreOffer> offers = random_offers(&random, device.config());
      offers.resize(
          std::min<std::size_t>(offers.size(), static_cast<std::size_t>(std::min(commands, i / 25 * 25 + 25) - i)));
      i += static_cast<int>(offers.size()) - 1;
      run_core_sequence(device, state, std::move(offers), &report);
      continue;
    }
    const int idle = random.pick(0, 2) == 0 ? random.pick(1, 5) : 0;
    const int ungranted = random.pick(0, 3) == 0 ? random.pick(1, 3) : 0;
    run_core_command(device, state, random.command(device.config()), idle, ungranted, &report);
  }
  return report;
}

}  // namespace systoliq::rtl
