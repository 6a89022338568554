// SPDX-License-Identifier: Apache-2.0
// From an output back through the program: probes name the POST, accumulators the EXECUTEs before it.
#include "tb/explain/output_place.h"

#include <algorithm>

#include "model/isa/memory_records.h"
#include "types/util/index.h"
#include "types/util/nearest.h"

namespace systoliq::tb {
namespace {

const model::Post& post_at(const model::Program& program, std::int64_t command) {
  return std::get<model::Post>(nth(program.commands, command).body);
}

/// All POSTs that write the output, in the order of the program.
std::vector<model::Probe> writers_of(const model::Program& program, const OutputPlace& at) {
  std::vector<model::Probe> writers;
  for (const model::Probe& probe : program.probes) {
    if (probe.tensor != at.tensor) continue;
    const model::Post& post = post_at(program, probe.command);
    const bool inside = at.row >= probe.y && at.row < probe.y + post.height && at.column >= probe.x &&
                        at.column < probe.x + post.width && at.channel >= probe.channel + post.channel_offset &&
                        at.channel < probe.channel + post.channel_offset + post.channels;
    if (inside) writers.push_back(probe);
  }
  return writers;
}

/// The EXECUTEs behind a requantization: back to the one that begins from the bias.
std::vector<std::int64_t> sum_of(const model::Program& program, const OutputPlace& at) {
  std::vector<std::int64_t> executes;
  for (std::int64_t command = at.post - 1; command >= 0; --command) {
    const auto* e = std::get_if<model::Execute>(&nth(program.commands, command).body);
    if (e == nullptr) continue;
    const std::int64_t pixel = at.accumulator - e->accumulator_address;
    if (pixel < 0 || pixel >= std::int64_t{e->output_height} * e->output_width) continue;
    executes.push_back(command);
    if (e->init == 0) break;
  }
  std::reverse(executes.begin(), executes.end());
  return executes;
}

/// True where the STORE takes the word to this byte: the one in which its first lane begins.
bool copies(const model::Store& store, std::int64_t word, std::int64_t address, int rows) {
  const std::int64_t y = (address - store.memory_address) / std::max(1, store.memory_row_pitch);
  const std::int64_t byte = address - store.memory_address - y * store.memory_row_pitch;
  const std::int64_t record = byte / model::record_bytes(store);
  if (address < store.memory_address || y >= store.rows || record >= store.row_records) return false;
  for (std::int64_t i = 0; i < store.record_words; ++i) {
    const std::int64_t place =
        store.buffer_address + y * store.buffer_row_pitch + (record * store.record_words + i) * store.buffer_word_pitch;
    const std::int64_t begins = record * model::record_bytes(store) + i * rows * store.element_bits / 8;
    if (place == word && begins == byte) return true;
  }
  return false;
}

/// The STORE that copies the output's word to where the tensor lies in memory.
void find_store(const model::Program& program, const Shape& shape, int rows, OutputPlace* at) {
  const auto placement = std::find_if(program.placements.begin(), program.placements.end(),
                                      [&](const model::TensorPlacement& each) { return each.tensor == at->tensor; });
  if (placement == program.placements.end()) return;
  const std::int64_t pixel_bytes = std::int64_t{placement->blocks} * placement->word_bytes;
  const std::int64_t in_pixel = placement->blocks > 1 ? std::int64_t{at->block} * placement->word_bytes
                                                      : std::int64_t{at->block} * rows * placement->bits / 8;
  const std::int64_t address = placement->address + (at->row * shape[3] + at->column) * pixel_bytes + in_pixel;
  for (std::size_t i = static_cast<std::size_t>(at->post) + 1; i < program.commands.size(); ++i) {
    const auto* store = std::get_if<model::Store>(&program.commands[i].body);
    if (store == nullptr || !copies(*store, at->word, address, rows)) continue;
    at->store = static_cast<std::int64_t>(i);
    at->memory_address = address;
    return;
  }
}

/// Elements that lattices write are not walked to.
void check_walked(const QuantizedLayer& layer) {
  const bool pools = layer.op == LayerOp::kMaxPool || layer.op == LayerOp::kAveragePool;
  const bool dilated = layer.window.dilation_height != 1 || layer.window.dilation_width != 1;
  const bool lattices = layer.op == LayerOp::kMove || layer.op == LayerOp::kConvTranspose || layer.axis != 1;
  if (!lattices && !(pools && dilated)) return;
  throw InputError(
      "layer '" + layer.name + "' is a " + to_string(layer.op) +
      " that is not explained; accepted: Conv, pools without dilation, Add, Lookup, Pad, Concat of channels");
}

}  // namespace

std::size_t find_layer(const QuantizedNetwork& network, const std::string& name) {
  const auto named = [&](auto of) {
    return std::find_if(network.layers.begin(), network.layers.end(),
                        [&](const QuantizedLayer& layer) { return of(layer) == name; });
  };
  auto found = named([](const QuantizedLayer& layer) { return layer.name; });
  if (found == network.layers.end()) {
    found = named([&](const QuantizedLayer& layer) { return nth(network.tensors, layer.output).name; });
  }
  if (found != network.layers.end()) return static_cast<std::size_t>(found - network.layers.begin());
  std::vector<std::string> names;
  for (const QuantizedLayer& layer : network.layers) names.push_back(layer.name);
  throw InputError("network '" + network.name + "' computes no layer '" + name + "'" + did_you_mean(name, names) +
                   "; `systoliq run` lists all");
}

OutputPlace find_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, std::size_t layer,
                        std::int64_t channel, std::int64_t row, std::int64_t column) {
  const model::Program& program = compiled.program();
  OutputPlace at;
  at.layer = layer;
  at.tensor = network.layers.at(layer).output;
  at.channel = channel;
  at.row = row;
  at.column = column;
  check_walked(network.layers[layer]);
  const Shape& shape = nth(network.tensors, at.tensor).shape;
  const bool inside =
      channel >= 0 && channel < shape[1] && row >= 0 && row < shape[2] && column >= 0 && column < shape[3];
  if (!inside) {
    throw InputError("layer '" + network.layers[layer].name + "': channel " + std::to_string(channel) + ", row " +
                     std::to_string(row) + ", column " + std::to_string(column) +
                     " lies outside; accepted: channels 0 to " + std::to_string(shape[1] - 1) + ", rows 0 to " +
                     std::to_string(shape[2] - 1) + ", columns 0 to " + std::to_string(shape[3] - 1));
  }
  std::vector<model::Probe> writers = writers_of(program, at);
  check(!writers.empty(), "no POST of the program writes the output");
  at.post = writers.back().command;
  for (std::size_t i = 0; i + 1 < writers.size(); ++i) at.earlier.push_back(writers[i].command);
  const model::Post& post = post_at(program, at.post);
  at.tile_row = static_cast<int>(row - writers.back().y);
  at.tile_column = static_cast<int>(column - writers.back().x);
  const int rows = compiled.config().array.rows;
  at.block = static_cast<int>(channel / rows);
  at.lane = static_cast<int>(channel % rows);
  at.post_block = at.block - writers.back().channel / rows;
  at.word = post.output_address + std::int64_t{at.tile_row} * post.output_row_pitch +
            std::int64_t{at.tile_column} * post.output_pixel_pitch + at.post_block;
  if (static_cast<model::PostOp>(post.op) == model::PostOp::kRequantize) {
    at.accumulator = post.source_address + std::int64_t{at.tile_row} * post.width + at.tile_column;
    at.array_column = static_cast<int>(channel - writers.back().channel - post.channel_offset);
    at.executes = sum_of(program, at);
    check(!at.executes.empty(), "no EXECUTE of the program adds up the output");
  }
  find_store(program, shape, rows, &at);
  return at;
}

}  // namespace systoliq::tb
