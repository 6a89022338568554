// SPDX-License-Identifier: Apache-2.0
// From a buffer word back to channel and pixel, one function per kind of command.
#include "rtl_cosim/accelerator/explain.h"

#include <algorithm>
#include <vector>

namespace systoliq::rtl {
namespace {

constexpr std::size_t kListed = 64;  ///< values printed of a window

std::string list(const std::vector<std::int64_t>& values) {
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), kListed); ++i) {
    text += (i == 0 ? "" : " ") + std::to_string(values[i]);
  }
  if (values.size() > kListed) text += " … (" + std::to_string(values.size()) + " values)";
  return text;
}

std::string pixel_of(const model::Program& program, std::size_t command, int y, int x) {
  const std::string in_tile = "pixel (" + std::to_string(y) + ", " + std::to_string(x) + ") of the tile";
  const auto probe = std::find_if(program.probes.begin(), program.probes.end(), [&](const model::Probe& each) {
    return each.command == static_cast<std::int64_t>(command);
  });
  if (probe == program.probes.end()) return in_tile;
  return "tile at (" + std::to_string(probe->y) + ", " + std::to_string(probe->x) + "), pixel (" +
         std::to_string(probe->y + y) + ", " + std::to_string(probe->x + x) + ")";
}

/// The window of activations of one output pixel and the column's operands, in the order of the passes.
std::string execute_inputs(const model::Execute& e, int pixel, int column, model::MachineState& state) {
  std::vector<std::int64_t> activations;
  std::vector<std::int64_t> weights;
  const int rows = state.config.array.rows;
  std::int64_t weight_word = e.weight_address;
  for (int tap = 0; tap < e.kernel_height * e.kernel_width; ++tap) {
    const int iy = pixel / e.output_width * e.stride_height + tap / e.kernel_width * e.dilation_height - e.pad_top;
    const int ix = pixel % e.output_width * e.stride_width + tap % e.kernel_width * e.dilation_width - e.pad_left;
    const bool inside = iy >= 0 && iy < e.input_height && ix >= 0 && ix < e.input_width;
    for (int block = 0; block < e.input_blocks; ++block) {
      const int lanes = block + 1 < e.input_blocks ? rows : e.last_block_lanes;
      const std::int64_t word = e.input_address + std::int64_t{iy} * e.input_row_pitch +
                                std::int64_t{ix} * e.input_pixel_pitch + std::int64_t{block} * e.input_block_pitch;
      for (int lane = 0; lane < lanes; ++lane) {
        activations.push_back(inside ? state.activations.words(word)[lane] : e.pad_value);
        weights.push_back(state.weights.words(weight_word++)[column] - e.weight_zero_point);
      }
    }
  }
  const bool indices = state.config.weights.codec == model::WeightCodec::kCodebook;
  std::string text =
      "\n  activations " + list(activations) + (indices ? "\n  weight indices " : "\n  weights ") + list(weights);
  if (e.init == 0) text += "\n  bias " + std::to_string(state.params.words(e.param_address)[column].bias);
  return text;
}

std::string explain_execute(const model::Execute& e, const Difference& d, model::MachineState& state) {
  const auto pixel = static_cast<int>(d.address - e.accumulator_address);
  return "accumulator of column " + std::to_string(d.lane) + ", pixel (" + std::to_string(pixel / e.output_width) +
         ", " + std::to_string(pixel % e.output_width) + ") of the tile" + execute_inputs(e, pixel, d.lane, state);
}

std::string requantise_inputs(const model::Post& p, int y, int x, int channel, model::MachineState& state) {
  const int column = channel - p.channel_offset;
  if (column < 0 || column >= p.channels) return "\n  a padding lane: the output zero point";
  const std::int64_t accumulator = state.accumulators.words(p.source_address + std::int64_t{y} * p.width + x)[column];
  const model::ParamEntry entry = state.params.words(p.param_address)[column];
  return "\n  accumulator " + std::to_string(accumulator) + ", multiplier " + std::to_string(entry.multiplier) +
         ", shift " + std::to_string(entry.shift);
}

std::string window_inputs(const model::Post& p, int y, int x, int block, int lane, model::MachineState& state) {
  std::vector<std::int64_t> values;
  for (int ky = 0; ky < p.kernel_height; ++ky) {
    for (int kx = 0; kx < p.kernel_width; ++kx) {
      const int iy = y * p.stride_height + ky - p.pad_top;
      const int ix = x * p.stride_width + kx - p.pad_left;
      if (iy < 0 || iy >= p.source_height || ix < 0 || ix >= p.source_width) continue;
      const std::int64_t word =
          p.source_address + std::int64_t{iy} * p.source_row_pitch + std::int64_t{ix} * p.source_pixel_pitch + block;
      values.push_back(state.activations.words(word)[lane]);
    }
  }
  return "\n  activations " + list(values);
}

std::string post_inputs(const model::Post& p, int y, int x, int block, int lane, model::MachineState& state) {
  const auto operand = [&](std::int32_t address, std::int32_t row_pitch) {
    const std::int64_t word = address + std::int64_t{y} * row_pitch + std::int64_t{x} * p.source_pixel_pitch + block;
    return std::to_string(state.activations.words(word)[lane]);
  };
  switch (static_cast<model::PostOp>(p.op)) {
    case model::PostOp::kRequantize:
      return requantise_inputs(p, y, x, block * state.config.array.rows + lane, state);
    case model::PostOp::kMaxPool:
    case model::PostOp::kAveragePool:
      return window_inputs(p, y, x, block, lane, state);
    case model::PostOp::kAdd:
      return "\n  operands " + operand(p.source_address, p.source_row_pitch) + " and " +
             operand(p.source2_address, p.source2_row_pitch);
    case model::PostOp::kLookup:
      return "\n  operand " + operand(p.source_address, p.source_row_pitch);
    case model::PostOp::kFill:
      break;
  }
  return "";
}

std::string explain_post(const model::Program& program, std::size_t command, const model::Post& p, const Difference& d,
                         model::MachineState& state) {
  const int rows = state.config.array.rows;
  const bool requantise = static_cast<model::PostOp>(p.op) == model::PostOp::kRequantize;
  const int words = requantise ? (p.channel_offset + p.channels + p.fill_lanes + rows - 1) / rows : p.blocks;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      const std::int64_t block =
          d.address - p.output_address - std::int64_t{y} * p.output_row_pitch - std::int64_t{x} * p.output_pixel_pitch;
      if (block < 0 || block >= words) continue;
      const auto word = static_cast<int>(block);
      return "channel " + std::to_string(word * rows + d.lane) + ", " + pixel_of(program, command, y, x) +
             post_inputs(p, y, x, word, d.lane, state);
    }
  }
  return "activation word " + std::to_string(d.address) + ", lane " + std::to_string(d.lane);
}

}  // namespace

std::string explain(const model::Program& program, std::size_t command, const Difference& difference,
                    model::MachineState& state) {
  const model::Command& of = program.commands[command];
  if (const auto* execute = std::get_if<model::Execute>(&of.body)) return explain_execute(*execute, difference, state);
  if (const auto* post = std::get_if<model::Post>(&of.body)) {
    return explain_post(program, command, *post, difference, state);
  }
  const bool load = std::holds_alternative<model::Load>(of.body);
  return (load ? "buffer word " : "byte of memory ") + std::to_string(difference.address) + ", " +
         (load ? "lane " : "offset ") + std::to_string(difference.lane);
}

}  // namespace systoliq::rtl
