// SPDX-License-Identifier: Apache-2.0
// Lock-step of the compute core.
#include "rtl_cosim/core/core_cosim.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <sstream>

#include "model/arith/requantize.h"
#include "model/hw/datapath.h"
#include "model/timing/compute_timing.h"
#include "rtl_cosim/core/random_execute.h"

namespace systoliq::rtl {
namespace {

using model::Execute;
using model::MachineState;

/// One pass: kernel tap and channel block, with where its weights begin.
struct Pass {
  int ky = 0, kx = 0, block = 0, lanes = 0;
  std::int64_t weight_address = 0;
};

std::vector<Pass> passes_of(const Execute& e, int rows) {
  std::vector<Pass> passes;
  std::int64_t weight_address = e.weight_address;
  for (int ky = 0; ky < e.kernel_height; ++ky) {
    for (int kx = 0; kx < e.kernel_width; ++kx) {
      for (int block = 0; block < e.input_blocks; ++block) {
        const int lanes = block + 1 == e.input_blocks ? e.last_block_lanes : rows;
        passes.push_back({ky, kx, block, lanes, weight_address});
        weight_address += lanes;
      }
    }
  }
  return passes;
}

int pixels_of(const Execute& e) { return e.output_height * e.output_width; }

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
  const int weight = state.weights.words(pass.weight_address + lane)[column];
  if (state.config.weights.codec == model::WeightCodec::kLinear) return weight - e.weight_zero_point;
  const int index = weight & ((1 << state.config.datatypes.weight_bits) - 1);
  std::array<std::int16_t, 8> entries = {};
  std::memcpy(entries.data(), state.params.words(e.codebook_address + index / 8) + column, sizeof entries);
  return entries[static_cast<std::size_t>(index % 8)];
}

std::int64_t narrowed(const MachineState& state, std::int64_t value) {
  bool overflowed = false;
  return model::narrow(value, state.config.datatypes.accumulator_bits, state.config.datatypes.overflow, &overflowed);
}

/// `start` and the products of a pass, narrowed after each.
std::int64_t sum_of(MachineState& state, const Execute& e, const Pass& pass, int pixel, int column,
                    std::int64_t start) {
  for (int lane = 0; lane < pass.lanes; ++lane) {
    start = narrowed(state, start + activation(state, e, pass, pixel, lane) * operand(state, e, pass, lane, column));
  }
  return start;
}

/// What the accumulators of every pixel start from.
std::vector<std::int64_t> start_values(MachineState& state, const Execute& e) {
  const int cols = state.config.array.cols;
  const int pixels = pixels_of(e);
  const std::int64_t* held = state.accumulators.words(e.accumulator_address, pixels);
  std::vector<std::int64_t> values(held, held + std::int64_t{pixels} * cols);
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
std::string inputs(MachineState& state, const Execute& e, const Pass& pass, int pixel, int column) {
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
std::string inputs_of_write(MachineState& state, const Execute& e, std::size_t write, int column) {
  const auto pixels = static_cast<std::size_t>(pixels_of(e));
  const auto pixel = static_cast<int>(write % pixels);
  const std::vector<Pass> passes = passes_of(e, state.config.array.rows);
  std::ostringstream text;
  text << "  pixel: row " << pixel / e.output_width << ", column " << pixel % e.output_width << "; channel " << column
       << '\n';
  for (std::size_t p = 0; p < passes.size(); ++p) {
    if (state.config.array.dataflow == Dataflow::kOutputStationary || p == write / pixels) {
      text << inputs(state, e, passes[p], pixel, column);
    }
  }
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
         << inputs_of_write(state, e, i, static_cast<int>(column));
    return text.str();
  }
  if (expected.size() != found.size()) {
    text << "  accumulator writes: expected " << expected.size() << ", found " << found.size() << '\n';
  }
  return text.str();
}

/// Adds a pass to every accumulator of a pixel's word.
void add_pass(MachineState& state, const Execute& e, const Pass& pass, int pixel, std::int64_t* word) {
  for (int c = 0; c < state.config.array.cols; ++c) {
    if (state.config.array.dataflow == Dataflow::kOutputStationary) {
      word[c] = sum_of(state, e, pass, pixel, c, word[c]);
    } else {
      word[c] = narrowed(state, word[c] + sum_of(state, e, pass, pixel, c, 0));
    }
  }
}

class ExpectedWrites final {
 public:
  ExpectedWrites(MachineState& state, const Execute& execute)
      : state_(state),
        e_(execute),
        rows_(state.config.array.rows),
        cols_(state.config.array.cols),
        pixels_(pixels_of(execute)),
        passes_(passes_of(execute, rows_)),
        values_(start_values(state, execute)) {}

  std::vector<AccumulatorWrite> weight_stationary() {
    std::int64_t begin = state_.config.codebook_words() + passes_[0].lanes;
    for (std::size_t p = 0; p < passes_.size(); ++p) {
      if (p > 0) begin += std::max(pixels_, passes_[p].lanes);
      for (int pixel = 0; pixel < pixels_; ++pixel) {
        add_pass(state_, e_, passes_[p], pixel, word(pixel));
        write(begin + pixel + rows_ + cols_ + 3, pixel);
      }
    }
    return writes_;
  }

  std::vector<AccumulatorWrite> output_stationary() {
    std::int64_t begin = state_.config.codebook_words() + 1 + group_pixels(0);
    for (int group = 0; group * rows_ < pixels_; ++group) {
      std::int64_t cycles = 0;
      for (std::size_t p = 0; p < passes_.size(); ++p) {
        cycles += std::max(passes_[p].lanes, group_pixels(p + 1 < passes_.size() ? group : group + 1));
      }
      begin += std::max<std::int64_t>(cycles, group_pixels(0));
      for (int row = 0; row < group_pixels(group); ++row) {
        const int pixel = group * rows_ + row;
        for (const Pass& pass : passes_) add_pass(state_, e_, pass, pixel, word(pixel));
        write(begin + row + cols_ + 2, pixel);
      }
    }
    return writes_;
  }

 private:
  int group_pixels(int group) const { return std::clamp(pixels_ - group * rows_, 0, rows_); }
  std::int64_t* word(int pixel) { return &values_[static_cast<std::size_t>(pixel) * static_cast<std::size_t>(cols_)]; }
  void write(std::int64_t cycle, int pixel) {
    const std::int64_t* values = word(pixel);
    writes_.push_back({cycle, e_.accumulator_address + pixel, std::vector<std::int64_t>(values, values + cols_)});
  }

  MachineState& state_;
  const Execute& e_;
  int rows_, cols_, pixels_;
  std::vector<Pass> passes_;
  std::vector<std::int64_t> values_;
  std::vector<AccumulatorWrite> writes_;
};

}  // namespace

std::vector<AccumulatorWrite> expected_writes(MachineState& state, const Execute& execute) {
  ExpectedWrites expected(state, execute);
  return state.config.array.dataflow == Dataflow::kOutputStationary ? expected.output_stationary()
                                                                    : expected.weight_stationary();
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
