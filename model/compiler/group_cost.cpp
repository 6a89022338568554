// SPDX-License-Identifier: Apache-2.0
// Bounds count the work that no schedule avoids; the cost itself is that of the commands, by the rules of time.
#include "model/compiler/group_cost.h"

#include <algorithm>
#include <utility>

#include "model/compiler/emitter.h"
#include "model/compiler/tensor_placement.h"
#include "model/isa/program.h"
#include "model/replay/replay.h"
#include "model/timing/compute_timing.h"
#include "types/util/index.h"

namespace systoliq::model {

struct GroupCosts::Work {
  std::int64_t array = 0, post = 0;       ///< busy cycles, at least
  std::int64_t reads = 0, writes = 0;     ///< bytes, at least
  std::int64_t reading = 0, writing = 0;  ///< cycles that the bursts of tensors take, at least
  std::int64_t loaded = 0, stored = 0;    ///< words of the buffers, at least
  std::int64_t executes = 0;              ///< EXECUTE commands
  std::int64_t commands = 0;              ///< of all engines, at least
  std::int64_t pieces = 1;                ///< tiles and slices that come in turn
};

namespace {

constexpr std::int64_t kTrafficShare = 128;

std::int64_t divided_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Cycles that so many bytes take at least, in pieces that lie apart: bursts in flight share the latency.
std::int64_t burst_cycles(std::int64_t bytes, std::int64_t piece, const MemoryConfig& memory) {
  const std::int64_t longest = std::clamp<std::int64_t>(piece, 1, memory.burst_bytes);
  const std::int64_t beats = divided_up(longest, memory.bytes_per_cycle);
  return bytes / longest * std::max(beats, (memory.latency_cycles + beats) / memory.outstanding);
}

/// Pixels of a tile that lie side by side in a tensor of that width, at most.
std::int64_t longest_run(const TileExtents& extents, std::size_t tensor, std::int64_t width) {
  std::int64_t rows = 0, columns = 0;
  for (const auto& each : extents.rows) rows = std::max(rows, each[tensor]);
  for (const auto& each : extents.columns) columns = std::max(columns, each[tensor]);
  return std::max<std::int64_t>(1, columns < width ? columns : rows * width);
}

/// What of a group loads weights and params before its first work, which the group before it may hide. Nothing is
/// hidden where the group loads activations, which the group before it may have stored.
std::int64_t hidden_cycles(const std::vector<Command>& commands, const std::vector<std::int64_t>& starts) {
  for (const Command& command : commands) {
    const auto* load = std::get_if<Load>(&command.body);
    if (load != nullptr && load->target == static_cast<std::int32_t>(LoadTarget::kActivation)) return 0;
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (std::get_if<Load>(&commands[i].body) == nullptr) return starts[i];
  }
  return 0;
}

/// Parts into which the accumulators cut the tiles of that size.
std::int64_t parts_of(std::int64_t height, std::int64_t width, std::int64_t limit) {
  const std::int64_t part_width = std::min(width, limit);
  const std::int64_t part_height = std::min(height, std::max<std::int64_t>(1, limit / part_width));
  return divided_up(height, part_height) * divided_up(width, part_width);
}

/// Parts of all tiles of an output.
std::int64_t all_parts(const Shape& output, const TileExtents& tiles, std::int64_t limit) {
  const auto lengths = [](std::int64_t size, std::int64_t tile) {
    return std::vector<std::pair<std::int64_t, std::int64_t>>{{tile, size / tile},
                                                              {size % tile, size % tile == 0 ? 0 : 1}};
  };
  std::int64_t parts = 0;
  for (const auto& [height, rows] : lengths(output[2], std::min(tiles.height, output[2]))) {
    for (const auto& [width, columns] : lengths(output[3], std::min(tiles.width, output[3]))) {
      if (rows > 0 && columns > 0) parts += rows * columns * parts_of(height, width, limit);
    }
  }
  return parts;
}

}  // namespace

GroupCosts::GroupCosts(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                       const AcceleratorConfig& config, const std::vector<LayerImage>& images)
    : lowered_layers_(lowered_layers), network_(network), config_(config), images_(images) {}

const std::vector<GroupCosts::Block>& GroupCosts::blocks_of_convolutions(const Group& group) const {
  const auto known = blocks_.find(group.first);
  if (known != blocks_.end()) return known->second;
  const LoweredLayer& lowered = nth(lowered_layers_, group.first);
  std::vector<Block>& blocks = blocks_[group.first];
  for (const Convolution& c : lowered.convolutions) {
    const Shape& out = nth(network_.tensors, lowered.output).shape;
    const auto channels = static_cast<int>(nth(network_.tensors, c.input).shape[1]);
    for (int i = 0; i * config_.array.cols < c.channels; ++i) {
      const ColumnBlock column = column_block(c, i, channels, config_);
      const std::int64_t taps = std::int64_t{column.kernel.kernel_height} * column.kernel.kernel_width;
      Block block;
      block.pixels = c.lattice.whole() ? out[2] * out[3] : c.lattice.height * c.lattice.width;
      block.passes = taps * column.blocks;
      block.lanes = column.words();
      block.words = column.words();
      block.bytes = divided_up(taps * tap_bits(c, column), 8);
      block.channels = column.channels;
      blocks.push_back(block);
    }
  }
  return blocks;
}

bool GroupCosts::weights_stay(const Group& group) const {
  std::int64_t words = 0;
  for (const Block& block : blocks_of_convolutions(group)) words += block.words;
  return words <= config_.weight_words();
}

bool GroupCosts::parts_matter(const Group& group, const TileExtents& extents) const {
  if (nth(lowered_layers_, group.first).convolutions.empty()) return false;
  const int output = nth(lowered_layers_, group.first + group.count - 1).output;
  const std::int64_t words = config_.accumulator_words();
  const Shape& shape = nth(network_.tensors, output).shape;
  return all_parts(shape, extents, words) < all_parts(shape, extents, std::max<std::int64_t>(1, words / 2));
}

std::int64_t GroupCosts::tensor_bytes(int tensor) const {
  const QuantizedTensor& t = nth(network_.tensors, tensor);
  return t.shape[2] * t.shape[3] * divided_up(t.shape[1] * t.bits, 8);
}

/// Every part of a block streams its pixels, or loads its weights, whichever is longer.
void GroupCosts::add_arrays(const OpenGroup& open, const TileExtents& extents, Work* work) const {
  const Group& group = open.group;
  const LoweredLayer& first = nth(lowered_layers_, group.first);
  if (first.convolutions.empty()) return;
  const std::int64_t limit = std::max<std::int64_t>(1, config_.accumulator_words() / group.accumulator_parts);
  const std::int64_t parts = all_parts(
      nth(network_.tensors, nth(lowered_layers_, group.first + group.count - 1).output).shape, extents, limit);
  const std::int64_t tiles = extents.tiles;
  const std::vector<Block>& blocks = blocks_of_convolutions(group);
  const Slice whole = {0, blocks_of(nth(network_.tensors, first.output), config_)};
  const bool sliced_outer = group.order == LoopOrder::kChannelsOuter && tiles > 1;
  // Weights that a turn of the outer loop needs together.
  std::int64_t words = 0;
  for (const Block& block : blocks) words += block.words;
  const std::int64_t slices = divided_up(whole.blocks, group.slice_blocks);
  const std::int64_t held = sliced_outer ? divided_up(words, slices) : words;
  for (const Block& block : blocks) {
    const bool stays = held <= config_.weight_words() || tiles == 1;
    const bool alone = block.words <= config_.weight_words();
    const std::int64_t loads = alone ? (stays ? 1 : tiles) : parts;
    work->reads += block.bytes * loads + block.channels * static_cast<std::int64_t>(sizeof(ParamEntry));
    work->loaded += block.words * loads;
    const std::int64_t chunks = divided_up(block.words, std::max<std::int64_t>(1, config_.weight_words() / 2));
    work->executes += parts * chunks;
    work->commands += parts * (chunks + 1);
    if (config_.array.dataflow == Dataflow::kOutputStationary) {
      work->array += block.lanes * divided_up(block.pixels, config_.array.rows);
    } else {
      const std::int64_t shadowed = std::max<std::int64_t>(0, block.lanes - config_.array.rows * chunks);
      work->array += std::max(block.passes * block.pixels, parts * shadowed);
    }
    work->post += block.pixels * divided_up(block.channels, config_.requant.lanes);
  }
}

void GroupCosts::add_posts(const OpenGroup& open, Work* work) const {
  for (int i = open.group.first; i < open.group.first + open.group.count; ++i) {
    const LoweredLayer& lowered = nth(lowered_layers_, i);
    if (!lowered.convolutions.empty()) continue;
    const QuantizedTensor& out = nth(network_.tensors, lowered.output);
    const std::int64_t words = out.shape[2] * out.shape[3] * blocks_of(out, config_);
    const auto op = static_cast<PostOp>(lowered.post.op);
    const bool pools = op == PostOp::kMaxPool || op == PostOp::kAveragePool;
    const std::int64_t taps = std::int64_t{lowered.window.kernel_height} * lowered.window.kernel_width;
    work->post += words * (pools ? taps : adds(op) || multiplies(op) ? 2 : 1);
  }
}

void GroupCosts::add_transfers(const OpenGroup& open, const TileExtents& extents, Work* work) const {
  const Group& group = open.group;
  const int output = nth(lowered_layers_, group.first + group.count - 1).output;
  const std::int64_t slices = divided_up(blocks_of(nth(network_.tensors, output), config_), group.slice_blocks);
  const bool again = group.order == LoopOrder::kChannelsOuter && extents.tiles > 1;
  work->pieces = extents.tiles * slices;
  work->commands += work->pieces * (group.count - 1);
  for (std::size_t i = 0; i < extents.staged.size(); ++i) {
    const TileExtents::Staged& staged = extents.staged[i];
    if (nth(open.state.plan.tensors, staged.tensor).home != TensorPlan::Home::kMemory) continue;
    const QuantizedTensor& tensor = nth(network_.tensors, staged.tensor);
    const std::int64_t blocks = blocks_of(tensor, config_);
    // Slices of part of a row are moved row by row.
    const bool by_rows = staged.sliced && slices > 1 && extents.width < tensor.shape[3];
    work->commands += (staged.sliced || again ? work->pieces : extents.tiles) * (by_rows ? extents.height : 1);
    const std::int64_t pixel = divided_up(tensor.shape[1] * tensor.bits, 8);
    const bool part = staged.sliced && slices > 1;
    const std::int64_t piece = part            ? group.slice_blocks * config_.array.rows * tensor.bits / 8
                               : staged.packed ? tensor_bytes(staged.tensor)
                                               : pixel * longest_run(extents, i, tensor.shape[3]);
    if (staged.tensor == output) {
      work->writes += tensor_bytes(output);
      work->writing += burst_cycles(tensor_bytes(output), piece, config_.memory);
      work->stored += tensor.shape[2] * tensor.shape[3] * blocks;
      continue;
    }
    const std::int64_t times = again && !staged.sliced ? slices : 1;
    const Convolution* packed = staged.packed ? &nth(lowered_layers_, group.first).convolutions.front() : nullptr;
    work->reads += (packed != nullptr ? tensor_bytes(staged.tensor) : staged.pixels * pixel) * times;
    work->reading += burst_cycles(staged.pixels * pixel * times, piece, config_.memory);
    work->loaded += staged.pixels * times * (packed != nullptr ? packed->packed.packing.kernel_rows : blocks);
  }
}

CostBound GroupCosts::bound(const OpenGroup& open, const TileExtents& extents) const {
  Work work;
  add_arrays(open, extents, &work);
  add_posts(open, &work);
  add_transfers(open, extents, &work);
  work.reads += work.commands * static_cast<std::int64_t>(kCommandBytes);
  const std::int64_t width = config_.memory.bytes_per_cycle;
  // As exact() counts: the weights that the buffer holds may have been loaded before.
  const bool hidden = work.reading == 0;
  const std::int64_t held = hidden ? config_.buffers.weight_kib * std::int64_t{1024} : 0;
  const std::int64_t held_words = hidden ? config_.weight_words() : 0;
  const std::int64_t reads =
      std::max({divided_up(work.reads - held, width), work.loaded - held_words, work.reading, std::int64_t{0}});
  const std::int64_t writes = std::max({divided_up(work.writes, width), work.stored, work.writing});
  CostBound bound;
  bound.least = std::max({work.array, work.post, reads, writes});
  // The array drains before a piece is post-processed; within a piece EXECUTEs run into one another.
  const std::int64_t drain = config_.array.rows + config_.array.cols + kArrayPipelineCycles;
  const std::int64_t array = work.array + work.pieces * drain;
  const std::int64_t sum = array + work.post + reads + writes;
  bound.estimate = std::max({array, work.post, reads, writes});
  // What the pieces do not hide: the first one's beginning and the last one's end.
  bound.estimate += (sum - bound.estimate) / std::max<std::int64_t>(1, work.pieces);
  // Of equals those with less traffic are tried first.
  bound.estimate += (reads + writes) / kTrafficShare;
  return bound;
}

GroupCost GroupCosts::exact(const OpenGroup& open) const {
  Plan plan = open.state.plan;
  plan.groups.push_back(open.group);
  return cost_of(std::move(plan), {open.group});
}

/// `plan` says where the tensors of the groups lie.
GroupCost GroupCosts::cost_of(Plan plan, const std::vector<Group>& groups) const {
  Program program;
  std::int64_t address = 0;
  for (int i = 0; i < static_cast<int>(network_.tensors.size()); ++i) {
    const bool output = std::find(network_.outputs.begin(), network_.outputs.end(), i) != network_.outputs.end();
    if (!output && nth(plan.tensors, i).home != TensorPlan::Home::kMemory) continue;
    program.placements.push_back(
        placement_of(network_, config_, i, words_on_bytes(i, lowered_layers_, network_, config_, plan)));
    program.placements.back().address = address;
    address += (placed_bytes(network_, program.placements.back()) + 4095) / 4096 * 4096;
  }
  plan.groups = groups;
  Emitter(network_, config_, lowered_layers_, plan, images_, &program).run();
  const ReplayPlan replayed = ReplayPlan::unjudged_part(program.commands, config_, network_.layers.size());
  const ReplayResult& result = replayer_.run(replayed);
  GroupCost cost = {result.run.cycles, 0, hidden_cycles(program.commands, result.command_start_cycle)};
  for (const LayerCounters& layer : replayed.layers()) cost.bytes += layer.memory_read_bytes + layer.memory_write_bytes;
  return cost;
}

}  // namespace systoliq::model
