// SPDX-License-Identifier: Apache-2.0
// From a buffer word back to channel and pixel, one function per kind of command.
#include "rtl_cosim/accelerator/explain.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/functional/operands.h"

namespace systoliq::rtl {
namespace {

constexpr std::size_t kListed = 64;  ///< values of a list that a line of text shows

std::string list(const InputList& of) {
  std::string text = of.name;
  const std::size_t shown = std::min(of.values.size(), kListed);
  for (std::size_t i = 0; i < shown; ++i) text += " " + std::to_string(of.values[i]);
  if (shown < of.values.size()) {
    text += " … (" + std::to_string(of.values.size() - shown) + " of " + std::to_string(of.values.size()) +
            " values left out)";
  }
  return text;
}

std::string coordinates(std::int64_t y, std::int64_t x) {
  return "(" + std::to_string(y) + ", " + std::to_string(x) + ")";
}

/// A channel and pixel of the tile that POST number `command` writes.
void place_in_tile(const model::Program& program, std::size_t command, std::int64_t channel, int y, int x,
                   Explanation* explanation) {
  const auto probe = std::find_if(program.probes.begin(), program.probes.end(), [&](const model::Probe& each) {
    return each.command == static_cast<std::int64_t>(command);
  });
  const bool known = probe != program.probes.end();
  explanation->channel = channel + (known ? probe->channel : 0);
  explanation->place = "channel " + std::to_string(explanation->channel) + ", ";
  if (!known) {
    explanation->place += "pixel " + coordinates(y, x) + " of the tile";
    return;
  }
  explanation->pixel_y = probe->y + y;
  explanation->pixel_x = probe->x + x;
  explanation->place += "tile at " + coordinates(probe->y, probe->x) + ", pixel " +
                        coordinates(explanation->pixel_y, explanation->pixel_x);
}

/// The command that next starts an accumulator from a bias, or requantizes it; none: the program's length.
std::size_t next_user(const model::Program& program, std::size_t command, std::int64_t accumulator) {
  const auto holds = [accumulator](std::int64_t first, std::int64_t height, std::int64_t width) {
    return accumulator >= first && accumulator < first + height * width;
  };
  for (++command; command < program.commands.size(); ++command) {
    const auto& body = program.commands[command].body;
    if (const auto* e = std::get_if<model::Execute>(&body)) {
      if (e->init == 0 && holds(e->accumulator_address, e->output_height, e->output_width)) return command;
    } else if (const auto* p = std::get_if<model::Post>(&body)) {
      if (static_cast<model::PostOp>(p->op) == model::PostOp::kRequantize &&
          holds(p->source_address, p->height, p->width)) {
        return command;
      }
    }
  }
  return command;
}

/// The window of activations of one output pixel and the column's operands, in the order of the passes.
std::vector<InputList> execute_inputs(const model::Execute& e, int pixel, int column, model::Storage& state) {
  InputList activations{"activations", {}};
  InputList indices{"weight indices", {}};
  InputList weights{"weights", {}};
  for (const model::ExecuteOperand& each : model::execute_operands(state, e, pixel, column)) {
    activations.values.push_back(each.activation);
    indices.values.push_back(each.weight);
    weights.values.push_back(each.operand);
  }
  std::vector<InputList> inputs = {std::move(activations)};
  if (state.config.weights.codec == model::WeightCodec::kCodebook) inputs.push_back(std::move(indices));
  inputs.push_back(std::move(weights));
  if (e.init == 0) inputs.push_back({"bias", {state.params.words(e.param_address)[column].bias}});
  return inputs;
}

Explanation explain_execute(const model::Program& program, std::size_t command, const model::Execute& e,
                            const Difference& d, model::Storage& state) {
  Explanation explanation;
  const auto pixel = static_cast<int>(d.address - e.accumulator_address);
  std::string accumulator = "accumulator " + std::to_string(d.address) + " of column " + std::to_string(d.lane);
  if (e.init != 0) accumulator += ", which goes on from what was there";
  const std::size_t user = next_user(program, command, d.address);
  const auto* post = user < program.commands.size() ? std::get_if<model::Post>(&program.commands[user].body) : nullptr;
  if (post != nullptr && d.lane < post->channels) {
    const auto taken = static_cast<int>(d.address - post->source_address);
    place_in_tile(program, user, std::int64_t{post->channel_offset} + d.lane, taken / post->width, taken % post->width,
                  &explanation);
    explanation.place += ", of POST command " + std::to_string(user) + "\n  " + accumulator;
  } else {
    explanation.place = accumulator + ", pixel " + coordinates(pixel / e.output_width, pixel % e.output_width) +
                        " of the tile; no POST takes it up";
  }
  explanation.inputs = execute_inputs(e, pixel, d.lane, state);
  return explanation;
}

std::vector<InputList> requantize_inputs(const model::Post& p, int y, int x, int channel, model::Storage& state) {
  const int column = channel - p.channel_offset;
  if (column < 0 || column >= p.channels) return {{"a padding lane: the output zero point", {p.output_zero_point}}};
  const std::int64_t accumulator = state.accumulators.words(p.source_address + std::int64_t{y} * p.width + x)[column];
  const model::ParamEntry entry = state.params.words(p.param_address)[column];
  return {{"accumulator", {accumulator}}, {"multiplier", {entry.multiplier}}, {"shift", {entry.shift}}};
}

std::vector<InputList> post_inputs(const model::Post& p, int y, int x, int block, int lane, model::Storage& state) {
  const auto op = static_cast<model::PostOp>(p.op);
  if (op == model::PostOp::kRequantize)
    return requantize_inputs(p, y, x, block * state.config.array.rows + lane, state);
  if (op == model::PostOp::kFill) return {};
  const bool pool = op == model::PostOp::kMaxPool || op == model::PostOp::kAveragePool;
  InputList list{pool ? "activations" : op == model::PostOp::kAdd ? "operands" : "operand", {}};
  for (const model::PostOperand& each : model::post_operands(state, p, y, x, block, lane)) {
    if (each.inside) list.values.push_back(each.activation);
  }
  return {std::move(list)};
}

Explanation explain_post(const model::Program& program, std::size_t command, const model::Post& p, const Difference& d,
                         model::Storage& state) {
  Explanation explanation;
  const int rows = state.config.array.rows;
  const bool requantize = static_cast<model::PostOp>(p.op) == model::PostOp::kRequantize;
  const int words = requantize ? (p.channel_offset + p.channels + p.fill_lanes + rows - 1) / rows : p.blocks;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      const std::int64_t block =
          d.address - p.output_address - std::int64_t{y} * p.output_row_pitch - std::int64_t{x} * p.output_pixel_pitch;
      if (block < 0 || block >= words) continue;
      const auto word = static_cast<int>(block);
      place_in_tile(program, command, std::int64_t{word} * rows + d.lane, y, x, &explanation);
      explanation.inputs = post_inputs(p, y, x, word, d.lane, state);
      return explanation;
    }
  }
  explanation.place = "activation word " + std::to_string(d.address) + ", lane " + std::to_string(d.lane);
  return explanation;
}

std::string loaded_place(const model::Load& load, const Difference& d) {
  constexpr const char* kBuffers[] = {"activation", "weight", "param"};
  return std::string(kBuffers[load.target]) + " buffer word " + std::to_string(d.address) + ", lane " +
         std::to_string(d.lane);
}

}  // namespace

std::string Explanation::text() const {
  std::string text = place;
  for (const InputList& each : inputs) text += "\n  " + list(each);
  return text;
}

Explanation explain(const model::Program& program, std::size_t command, const Difference& difference,
                    model::Storage& state) {
  const auto& body = program.commands[command].body;
  if (const auto* execute = std::get_if<model::Execute>(&body)) {
    return explain_execute(program, command, *execute, difference, state);
  }
  if (const auto* post = std::get_if<model::Post>(&body)) {
    return explain_post(program, command, *post, difference, state);
  }
  Explanation explanation;
  const auto* load = std::get_if<model::Load>(&body);
  explanation.place = load != nullptr ? loaded_place(*load, difference)
                                      : "byte " + std::to_string(difference.address + difference.lane) + " of memory";
  return explanation;
}

}  // namespace systoliq::rtl
