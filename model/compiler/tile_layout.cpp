// SPDX-License-Identifier: Apache-2.0
// From the tile of the last output back to what every layer of the group needs.
#include "model/compiler/tile_layout.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "types/util/index.h"

namespace systoliq::model {
namespace {

struct Span {
  std::int64_t first = 0, count = 0;
};

/// Extends what outputs [first, first + count) of `size` need to where the next tile's need begins, and to the edges.
Span cover_span(Span needed, Span out, std::int64_t size, int stride, int pad, std::int64_t input_size) {
  const std::int64_t next = std::clamp<std::int64_t>((out.first + out.count) * stride - pad, 0, input_size);
  const std::int64_t first = out.first == 0 ? 0 : needed.first;
  const std::int64_t end = out.first + out.count == size ? input_size : std::max(needed.first + needed.count, next);
  return {first, end - first};
}

/// A fused layer computes all its outputs, also those that a pooling with gaps never reads, so that its work and its
/// values are those of the layer.
Region cover(const LoweredLayer& lowered, const Region& needed, const Region& out, const QuantizedNetwork& network,
             int input) {
  const Shape& in = nth(network.tensors, input).shape;
  const Shape& result = nth(network.tensors, lowered.output).shape;
  const Window& w = lowered.window;
  const Span y =
      cover_span({needed.y, needed.height}, {out.y, out.height}, result[2], w.stride_height, w.pad_top, in[2]);
  const Span x = cover_span({needed.x, needed.width}, {out.x, out.width}, result[3], w.stride_width, w.pad_left, in[3]);
  return {y.first, x.first, y.count, x.count};
}

/// The group's tensors whose slices go with the output's: all but those that a convolution reads.
std::set<int> sliced_tensors(const LayoutSource& source, const Group& group) {
  std::set<int> sliced = {nth(source.lowered_layers, group.first + group.count - 1).output};
  std::set<int> whole;
  for (int i = group.count - 1; i >= 0; --i) {
    const LoweredLayer& lowered = nth(source.lowered_layers, group.first + i);
    std::set<int>& of = lowered.convolutions.empty() ? sliced : whole;
    of.insert(lowered.inputs.begin(), lowered.inputs.end());
  }
  for (const int tensor : whole) sliced.erase(tensor);
  return sliced;
}

/// POST walks the pixels of both its operands by one pitch: a slice of one must not lie beside all channels of the
/// other.
bool pitches_differ(const LayoutSource& source, const Group& group) {
  const std::set<int> sliced = sliced_tensors(source, group);
  const auto packs = [&](int tensor) {
    return sliced.count(tensor) != 0 && nth(source.tensors, tensor).home != TensorPlan::Home::kResident;
  };
  for (int i = group.first; i < group.first + group.count; ++i) {
    const LoweredLayer& lowered = nth(source.lowered_layers, i);
    const auto op = static_cast<PostOp>(lowered.post.op);
    if (!lowered.convolutions.empty() || repeats_pixel(op) || !(adds(op) || multiplies(op))) continue;
    if (packs(lowered.inputs.front()) != packs(lowered.inputs.back())) return true;
  }
  return false;
}

StagedTile staged_tile(const LayoutSource& source, const Group& group, int index, const Region& region,
                       const TileLayout& layout, const Slice& slice) {
  const LoweredLayer& first = nth(source.lowered_layers, group.first);
  StagedTile tile;
  tile.slice = slice;
  tile.region = region;
  tile.rows = region.height;
  tile.row_words = region.width * slice.blocks;
  const bool packed = !first.convolutions.empty() && first.convolutions[0].input == index &&
                      first.convolutions[0].packed.packing.active();
  if (!packed) return tile;
  tile.packed = true;
  const Window& p = first.convolutions[0].packed.window;
  tile.region = layout.layer_outputs[0];
  tile.rows = (tile.region.height - 1) * p.stride_height + (p.kernel_height - 1) * std::int64_t{p.dilation_height} + 1;
  tile.row_words = (tile.region.width - 1) * p.stride_width + (p.kernel_width - 1) * std::int64_t{p.dilation_width} + 1;
  return tile;
}

}  // namespace

TileLayout lay_out_tile(const LayoutSource& source, const Group& group, const Region& out, const Slice& slice) {
  TileLayout layout;
  layout.layer_outputs.resize(static_cast<std::size_t>(group.count));
  std::map<int, Region> needed;
  needed[nth(source.lowered_layers, group.first + group.count - 1).output] = out;
  for (int i = group.count - 1; i >= 0; --i) {
    const LoweredLayer& lowered = nth(source.lowered_layers, group.first + i);
    const Region region = needed[lowered.output];
    nth(layout.layer_outputs, i) = region;
    for (const int input : lowered.inputs) {
      Region part = input_region(lowered, input, region, source.network);
      const bool fused = nth(source.tensors, input).home == TensorPlan::Home::kStaged;
      if (fused) part = cover(lowered, part, region, source.network, input);
      needed[input] = join(needed[input], part);
    }
  }
  const std::set<int> sliced = sliced_tensors(source, group);
  for (const auto& [index, region] : needed) {
    if (nth(source.tensors, index).home == TensorPlan::Home::kResident) continue;
    const bool goes_with = sliced.count(index) != 0;
    const Slice all = {0, blocks_of(nth(source.network.tensors, index), source.config)};
    StagedTile tile = staged_tile(source, group, index, region, layout, goes_with ? slice : all);
    tile.sliced = goes_with;
    std::int64_t& words = goes_with ? layout.sliced_words : layout.whole_words;
    tile.offset = words;
    words += tile.words();
    layout.staged[index] = tile;
  }
  return layout;
}

std::int64_t slice_unit(const LayoutSource& source, const Group& group) {
  const LoweredLayer& first = nth(source.lowered_layers, group.first);
  const LoweredLayer& last = nth(source.lowered_layers, group.first + group.count - 1);
  const std::int64_t all = blocks_of(nth(source.network.tensors, last.output), source.config);
  if (first.convolutions.size() > 1 || pitches_differ(source, group)) return all;
  if (first.convolutions.empty()) return 1;
  const int rows = source.config.array.rows;
  return std::min<std::int64_t>(all, std::lcm(rows, source.config.array.cols) / rows);
}

}  // namespace systoliq::model
