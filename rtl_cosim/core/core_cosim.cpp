// SPDX-License-Identifier: Apache-2.0
// Lock-step of the compute core.
#include "rtl_cosim/core/core_cosim.h"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "model/arith/requantize.h"
#include "model/hw/datapath.h"
#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/random_execute.h"

namespace systoliq::rtl {
namespace {

using model::Execute;
using model::MachineState;

/// One pass: kernel tap and channel block, with where its weights begin and when its first pixel is issued.
struct Pass {
  int ky = 0, kx = 0, block = 0, lanes = 0;
  std::int64_t weight_address = 0, begin = 0;
};

std::vector<Pass> passes_of(const Execute& e, int rows) {
  const std::int64_t pixels = std::int64_t{e.output_height} * e.output_width;
  std::vector<Pass> passes;
  std::int64_t weight_address = e.weight_address;
  for (int ky = 0; ky < e.kernel_height; ++ky) {
    for (int kx = 0; kx < e.kernel_width; ++kx) {
      for (int block = 0; block < e.input_blocks; ++block) {
        const int lanes = block + 1 == e.input_blocks ? e.last_block_lanes : rows;
        const std::int64_t begin = passes.empty() ? lanes : passes.back().begin + std::max<std::int64_t>(pixels, lanes);
        passes.push_back({ky, kx, block, lanes, weight_address, begin});
        weight_address += lanes;
      }
    }
  }
  return passes;
}

/// What row `lane` of the array receives for a pixel.
std::int64_t activation(MachineState& state, const Execute& e, const Pass& pass, int pixel, int lane) {
  const int iy = pixel / e.output_width * e.stride_height + pass.ky * e.dilation_height - e.pad_top;
  const int ix = pixel % e.output_width * e.stride_width + pass.kx * e.dilation_width - e.pad_left;
  if (iy < 0 || iy >= e.input_height || ix < 0 || ix >= e.input_width) return e.pad_value;
  return state.activations.words(e.input_address + std::int64_t{iy} * e.input_row_pitch +
                                 std::int64_t{ix} * e.input_pixel_pitch +
                                 std::int64_t{pass.block} * e.input_block_pitch)[lane];
}

std::int64_t operand(MachineState& state, const Execute& e, const Pass& pass, int lane, int column) {
  if (column >= e.valid_columns) return 0;
  return state.weights.words(pass.weight_address + lane)[column] - e.weight_zero_point;
}

std::int64_t partial_sum(MachineState& state, const Execute& e, const Pass& pass, int pixel, int column) {
  const model::DatatypeConfig& types = state.config.datatypes;
  bool overflowed = false;
  std::int64_t sum = 0;
  for (int lane = 0; lane < pass.lanes; ++lane) {
    sum = model::narrow(sum + activation(state, e, pass, pixel, lane) * operand(state, e, pass, lane, column),
                        types.accumulator_bits, types.overflow, &overflowed);
  }
  return sum;
}

/// What the accumulators of every pixel start from.
std::vector<std::int64_t> start_values(MachineState& state, const Execute& e) {
  const int cols = state.config.array.cols;
  const std::int64_t pixels = std::int64_t{e.output_height} * e.output_width;
  const std::int64_t* held = state.accumulators.words(e.accumulator_address, pixels);
  std::vector<std::int64_t> values(held, held + pixels * cols);
  if (e.init != 0) return values;
  const model::ParamEntry* entries = state.params.words(e.param_address);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto column = static_cast<int>(i % static_cast<std::size_t>(cols));
    values[i] = column < e.valid_columns ? entries[column].bias : 0;
  }
  return values;
}

std::string list(const std::vector<std::int64_t>& values) {
  std::ostringstream text;
  for (const std::int64_t value : values) text << ' ' << value;
  return text.str();
}

/// The inputs of one accumulator in one pass.
std::string inputs(MachineState& state, const Execute& e, std::size_t write, int column) {
  const std::int64_t pixels = std::int64_t{e.output_height} * e.output_width;
  const Pass pass = passes_of(e, state.config.array.rows)[write / static_cast<std::size_t>(pixels)];
  const auto pixel = static_cast<int>(static_cast<std::int64_t>(write) % pixels);
  std::vector<std::int64_t> activations, operands;
  for (int lane = 0; lane < pass.lanes; ++lane) {
    activations.push_back(activation(state, e, pass, pixel, lane));
    operands.push_back(operand(state, e, pass, lane, column));
  }
  std::ostringstream text;
  text << "  pass: kernel row " << pass.ky << ", kernel column " << pass.kx << ", block " << pass.block << "\n"
       << "  pixel: row " << pixel / e.output_width << ", column " << pixel % e.output_width << "; channel " << column
       << "\n  activations:" << list(activations) << "\n  weights:" << list(operands)
       << "\n  partial sum: " << partial_sum(state, e, pass, pixel, column) << '\n';
  return text.str();
}

std::string write_difference(MachineState& state, const Execute& e, const std::vector<AccumulatorWrite>& expected,
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
         << inputs(state, e, i, static_cast<int>(column));
    return text.str();
  }
  if (expected.size() != found.size()) {
    text << "  accumulator writes: expected " << expected.size() << ", found " << found.size() << '\n';
  }
  return text.str();
}

}  // namespace

std::vector<AccumulatorWrite> expected_writes(MachineState& state, const Execute& e) {
  const model::ArrayConfig& array = state.config.array;
  const model::DatatypeConfig& types = state.config.datatypes;
  std::vector<std::int64_t> values = start_values(state, e);
  std::vector<AccumulatorWrite> writes;
  const int pixels = e.output_height * e.output_width;
  for (const Pass& pass : passes_of(e, array.rows)) {
    for (int pixel = 0; pixel < pixels; ++pixel) {
      std::int64_t* word = &values[static_cast<std::size_t>(pixel) * static_cast<std::size_t>(array.cols)];
      for (int c = 0; c < array.cols; ++c) {
        bool overflowed = false;
        word[c] = model::narrow(word[c] + partial_sum(state, e, pass, pixel, c), types.accumulator_bits, types.overflow,
                                &overflowed);
      }
      writes.push_back({pass.begin + pixel + array.rows + array.cols + 3, e.accumulator_address + pixel,
                        std::vector<std::int64_t>(word, word + array.cols)});
    }
  }
  return writes;
}

void run_core_command(CoreDevice& device, MachineState& state, const model::Command& command, int idle, int ungranted,
                      CoreReport* report) {
  const auto& execute = std::get<Execute>(command.body);
  const std::vector<AccumulatorWrite> expected = expected_writes(state, execute);
  const std::int64_t cycles = model::execute_timing(execute, device.config()).total();

  const auto start = std::chrono::steady_clock::now();
  const std::int64_t first_cycle = device.cycle();
  const CoreRun run = device.execute(command, idle, ungranted, 2 * cycles + 100);
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
    text << "  signalled semaphores: expected " << command.signal << ", found " << run.signal << '\n';
  }
  const std::vector<std::int64_t> found = device.accumulators();
  const std::int64_t* held = state.accumulators.words(0, device.config().buffers.accumulator_words);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == held[i]) continue;
    const auto cols = static_cast<std::size_t>(device.config().array.cols);
    text << "  after the command: accumulator word " << i / cols << ", channel " << i % cols << ": expected " << held[i]
         << ", found " << found[i] << '\n';
    break;
  }
  if (!text.str().empty()) {
    report->divergence = "core " + device.name() + ", command " + std::to_string(report->commands - 1) + ": " +
                         model::disassemble(command) + "\n" + text.str();
  }
}

CoreReport run_core_cosim(CoreDevice& device, std::uint32_t seed, int commands) {
  RandomExecute random(seed);
  MachineState state;
  state.configure(device.config());
  CoreReport report;
  for (int i = 0; i < commands && report.divergence.empty(); ++i) {
    if (i % 50 == 0) {
      random.fill(&state);
      device.load(state);
    }
    const int idle = random.pick(0, 2) == 0 ? random.pick(1, 5) : 0;
    const int ungranted = random.pick(0, 3) == 0 ? random.pick(1, 3) : 0;
    run_core_command(device, state, random.command(device.config()), idle, ungranted, &report);
  }
  return report;
}

}  // namespace systoliq::rtl
