// SPDX-License-Identifier: Apache-2.0
// Reads the buffers when the commands of one output start and end.
#include "tb/explain/output_capture.h"

#include <algorithm>

#include "types/util/index.h"

namespace systoliq::tb {

OutputCapture::OutputCapture(const model::Program& program, const OutputPlace& place)
    : program_(program), place_(place) {
  captured_.executes.resize(place.executes.size());
}

std::size_t OutputCapture::execute_index(std::int64_t command) const {
  return static_cast<std::size_t>(std::find(place_.executes.begin(), place_.executes.end(), command) -
                                  place_.executes.begin());
}

void OutputCapture::started(std::int64_t command, std::int64_t cycle, model::Storage& state) {
  rows_ = state.config.array.rows;
  if (command == place_.post) {
    captured_.post_start = cycle;
    return start_post(state);
  }
  const std::size_t index = execute_index(command);
  if (index == captured_.executes.size()) return;
  const auto& e = std::get<model::Execute>(nth(program_.commands, command).body);
  CapturedExecute& captured = captured_.executes[index];
  captured.start = cycle;
  const auto pixel = static_cast<int>(place_.accumulator - e.accumulator_address);
  captured.operands = model::execute_operands(state, e, pixel, place_.array_column);
  if (e.init == 0) captured.bias = state.params.words(e.param_address)[place_.array_column].bias;
}

void OutputCapture::start_post(model::Storage& state) {
  const auto& post = std::get<model::Post>(nth(program_.commands, place_.post).body);
  const auto op = static_cast<model::PostOp>(post.op);
  if (op == model::PostOp::kRequantize) {
    captured_.accumulator = state.accumulators.words(place_.accumulator)[place_.array_column];
    captured_.params = state.params.words(post.param_address)[place_.array_column];
    return;
  }
  captured_.operands =
      model::post_operands(state, post, place_.tile_row, place_.tile_column, place_.post_block, place_.lane);
  if (op != model::PostOp::kLookup) return;
  const int bits = state.config.datatypes.activation_bits;
  const std::int64_t index = captured_.operands.at(0).activation + (std::int64_t{1} << (bits - 1));
  const std::int64_t each = std::int64_t{state.config.array.cols} * model::kTableEntries;
  const model::ParamEntry* table = state.params.words(post.param_address + index / each);
  captured_.table_entry = model::table_entry(table, index % each);
}

void OutputCapture::ended(std::int64_t command, std::int64_t cycle, model::Storage& state) {
  if (command == place_.store) captured_.store_end = cycle;
  if (command == place_.post) {
    captured_.post_end = cycle;
    captured_.result = state.activations.words(place_.word)[place_.lane];
    complete_ = true;
    return;
  }
  const std::size_t index = execute_index(command);
  if (index == captured_.executes.size()) return;
  captured_.executes[index].end = cycle;
  captured_.executes[index].accumulator = state.accumulators.words(place_.accumulator)[place_.array_column];
}

void OutputCapture::activations_written(std::int64_t command, std::int64_t cycle, std::int64_t address, int lane,
                                        int lanes) {
  if (command != place_.post) return;
  const std::int64_t place = (place_.word - address) * rows_ + place_.lane;
  if (place >= lane && place < std::int64_t{lane} + lanes) captured_.write_cycle = cycle;
}

const CapturedOutput& OutputCapture::captured() const {
  check(complete_, "the run never came to the POST that writes the output");
  return captured_;
}

}  // namespace systoliq::tb
