// SPDX-License-Identifier: Apache-2.0
// The words that a command reads, found by walking its loops.
#include "rtl_cosim/vectors/core_vectors.h"

#include <algorithm>
#include <map>
#include <set>

#include "model/timing/compute_timing.h"
#include "rtl_cosim/vectors/hex_text.h"
#include "rtl_cosim/vectors/replay.h"
#include "rtl_cosim/vectors/sample.h"

namespace systoliq::rtl {
namespace {

std::set<std::size_t> choose_commands(const VectorSource& source, const VectorOptions& options) {
  std::map<int, Reservoir<std::size_t>> layers;
  for (std::size_t i = 0; i < source.program.commands.size(); ++i) {
    const model::Command& command = source.program.commands[i];
    if (!std::holds_alternative<model::Execute>(command.body)) continue;
    const auto seed = options.seed + static_cast<std::uint64_t>(command.layer);
    layers.try_emplace(command.layer, options.executes, seed).first->second.offer(i);
  }
  std::set<std::size_t> chosen;
  for (const auto& layer : layers) chosen.insert(layer.second.items().begin(), layer.second.items().end());
  return chosen;
}

/// Addresses of the words of output row `oy` at kernel row `ky`.
void add_row(const model::Execute& e, int oy, int ky, std::set<std::int64_t>* addresses) {
  const int iy = oy * e.stride_height + ky * e.dilation_height - e.pad_top;
  if (iy < 0 || iy >= e.input_height) return;
  for (int ox = 0; ox < e.output_width; ++ox) {
    for (int kx = 0; kx < e.kernel_width; ++kx) {
      const int ix = ox * e.stride_width + kx * e.dilation_width - e.pad_left;
      if (ix < 0 || ix >= e.input_width) continue;
      const std::int64_t pixel =
          e.input_address + std::int64_t{iy} * e.input_row_pitch + std::int64_t{ix} * e.input_pixel_pitch;
      for (int block = 0; block < e.input_blocks; ++block) {
        addresses->insert(pixel + std::int64_t{block} * e.input_block_pitch);
      }
    }
  }
}

std::string activations_of(model::Storage& state, const model::Execute& e) {
  std::set<std::int64_t> addresses;
  for (int oy = 0; oy < e.output_height; ++oy) {
    for (int ky = 0; ky < e.kernel_height; ++ky) add_row(e, oy, ky, &addresses);
  }
  SparseHex hex;
  for (const std::int64_t address : addresses) {
    const std::int16_t* lanes = state.activations.words(address);
    HexWord word;
    for (int r = 0; r < state.config.array.rows; ++r) word.add(lanes[r], state.config.datatypes.activation_bits);
    hex.add(address, word);
  }
  return hex.text();
}

std::string weights_of(model::Storage& state, const model::Execute& e) {
  const std::int64_t depth = std::int64_t{e.input_blocks - 1} * state.config.array.rows + e.last_block_lanes;
  SparseHex hex;
  for (std::int64_t i = 0; i < e.kernel_height * e.kernel_width * depth; ++i) {
    const std::int16_t* columns = state.weights.words(e.weight_address + i);
    HexWord word;
    for (int c = 0; c < state.config.array.cols; ++c) word.add(columns[c], state.config.datatypes.weight_bits);
    hex.add(e.weight_address + i, word);
  }
  return hex.text();
}

std::string params_of(model::Storage& state, const model::Execute& e) {
  std::set<std::int64_t> addresses = {e.param_address};
  for (int i = 0; i < state.config.codebook_words(); ++i) addresses.insert(e.codebook_address + std::int64_t{i});
  SparseHex hex;
  for (const std::int64_t address : addresses) {
    const model::ParamEntry* entries = state.params.words(address);
    HexWord word;
    for (int c = 0; c < state.config.array.cols; ++c) {
      word.add(entries[c].bias, 64).add(entries[c].multiplier, 32).add(entries[c].shift, 32);
    }
    hex.add(address, word);
  }
  return hex.text();
}

std::string accumulators_of(model::Storage& state, const CoreCase& each) {
  SparseHex hex;
  for (std::int64_t pixel = 0; pixel < each.pixels; ++pixel) {
    const std::int64_t* columns = state.accumulators.words(each.accumulator_address + pixel);
    HexWord word;
    for (int c = 0; c < state.config.array.cols; ++c) word.add(columns[c], state.config.datatypes.accumulator_bits);
    hex.add(each.accumulator_address + pixel, word);
  }
  return hex.text();
}

/// What is known before the command is executed.
CoreCase begin_case(Replay& replay, const model::Execute& execute) {
  CoreCase each;
  each.command = static_cast<std::int64_t>(replay.index());
  each.layer = replay.command().layer;
  each.cycles = model::execute_timing(execute, replay.state().config).total();
  each.accumulator_address = execute.accumulator_address;
  each.pixels = std::int64_t{execute.output_height} * execute.output_width;
  for (const std::uint32_t word : model::encode(replay.command())) {
    each.command_words += HexWord().add(word, 32).text() + "\n";
  }
  each.activations = activations_of(replay.state(), execute);
  each.weights = weights_of(replay.state(), execute);
  each.params = params_of(replay.state(), execute);
  each.accumulators = accumulators_of(replay.state(), each);
  return each;
}

}  // namespace

std::vector<CoreCase> make_core_cases(const VectorSource& source, const VectorOptions& options) {
  const std::set<std::size_t> chosen = choose_commands(source, options);
  std::vector<CoreCase> cases;
  Replay replay(source.program, source.config, source.memory);
  while (!replay.at_end()) {
    const bool wanted = chosen.count(replay.index()) != 0;
    if (wanted) cases.push_back(begin_case(replay, std::get<model::Execute>(replay.command().body)));
    replay.step();
    if (wanted) cases.back().expected = accumulators_of(replay.state(), cases.back());
  }
  return cases;
}

}  // namespace systoliq::rtl
