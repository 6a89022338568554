// SPDX-License-Identifier: Apache-2.0
// Pooling over one region. POST's windows have no gaps, so a dilated window is one of a coarser source: every
// dilation-th row and column, by pitches, and the outputs whose windows begin on them.
#include <algorithm>
#include <numeric>

#include "model/compiler/emitter.h"

namespace systoliq::model {
namespace {

/// Outputs first + i * step have windows that take rows remainder + k * dilation of the source, k from i * stride -
/// pad.
struct PoolPhase {
  std::int64_t first = 0, step = 1, remainder = 0, stride = 1, pad = 0;
};

std::vector<PoolPhase> pool_phases(std::int64_t stride, std::int64_t dilation, std::int64_t pad) {
  std::vector<PoolPhase> phases;
  const std::int64_t step = dilation / std::gcd(stride, dilation);
  for (std::int64_t first = 0; first < step; ++first) {
    PoolPhase phase = {first, step, 0, step * stride / dilation, 0};
    const std::int64_t begin = first * stride - pad;
    phase.remainder = (begin % dilation + dilation) % dilation;
    phase.pad = -(begin - phase.remainder) / dilation;
    phases.push_back(phase);
  }
  return phases;
}

/// Source rows of the phase within [first, first + count): the first one's number, and how many.
struct SourceRows {
  std::int64_t first = 0, count = 0;
};

SourceRows rows_in(const PoolPhase& phase, std::int64_t dilation, std::int64_t first, std::int64_t count) {
  const auto divided_up = [dilation](std::int64_t a) { return a <= 0 ? 0 : (a + dilation - 1) / dilation; };
  const std::int64_t begin = divided_up(first - phase.remainder);
  return {begin, std::max<std::int64_t>(0, divided_up(first + count - phase.remainder) - begin)};
}

}  // namespace

void Emitter::emit_pool(const LoweredLayer& lowered, const View& in, const View& out, const Region& region,
                        const Slice& slice) {
  const Window& w = lowered.window;
  const Shape& shape = tensor(lowered.output).shape;
  const auto outputs = [](const PoolPhase& phase, std::int64_t size) {
    return std::max<std::int64_t>(0, (size - phase.first + phase.step - 1) / phase.step);
  };
  for (const PoolPhase& rows : pool_phases(w.stride_height, w.dilation_height, w.pad_top)) {
    for (const PoolPhase& columns : pool_phases(w.stride_width, w.dilation_width, w.pad_left)) {
      const Lattice lattice = {rows.first,   columns.first,           rows.step,
                               columns.step, outputs(rows, shape[2]), outputs(columns, shape[3])};
      if (lattice.height == 0 || lattice.width == 0) continue;
      const Region own = lattice.indices_in(region);
      if (own.height == 0) continue;
      const SourceRows y = rows_in(rows, w.dilation_height, in.region.y, in.region.height);
      const SourceRows x = rows_in(columns, w.dilation_width, in.region.x, in.region.width);
      const ToField to_field = fields_of(lowered.layer, "POST");
      Post post = lowered.post;
      if (y.count == 0 || x.count == 0) refuse(lowered.layer, "a window lies wholly in the padding");
      post.source_address = to_field("source_address", in.word(rows.remainder + y.first * w.dilation_height,
                                                               columns.remainder + x.first * w.dilation_width));
      post.source_row_pitch = to_field("source_row_pitch", in.row_pitch * (y.count > 1 ? w.dilation_height : 1));
      post.source_pixel_pitch = to_field("source_pixel_pitch", in.pixel_pitch * (x.count > 1 ? w.dilation_width : 1));
      post.source_height = to_field("source_height", y.count);
      post.source_width = to_field("source_width", x.count);
      post.kernel_height = w.kernel_height;
      post.kernel_width = w.kernel_width;
      post.stride_height = to_field("stride_height", rows.stride);
      post.stride_width = to_field("stride_width", columns.stride);
      post.pad_top = to_field("pad_top", rows.pad + y.first - own.y * rows.stride);
      post.pad_left = to_field("pad_left", columns.pad + x.first - own.x * columns.stride);
      append_pool(lowered, post, in, out, lattice, own, slice);
    }
  }
}

void Emitter::append_pool(const LoweredLayer& lowered, Post post, const View& in, const View& out,
                          const Lattice& lattice, const Region& own, const Slice& slice) {
  const ToField to_field = fields_of(lowered.layer, "POST");
  const Region pixels = lattice.pixels_of(own);
  post.output_address = to_field("output_address", out.word(pixels.y, pixels.x));
  post.output_row_pitch = to_field("output_row_pitch", out.row_pitch * (own.height > 1 ? lattice.step_y : 1));
  post.output_pixel_pitch = to_field("output_pixel_pitch", out.pixel_pitch * (own.width > 1 ? lattice.step_x : 1));
  post.height = to_field("height", own.height);
  post.width = to_field("width", own.width);
  post.blocks = to_field("blocks", slice.blocks);
  post.channels = to_field("channels", channels_of(lowered.output, slice));
  program_.probes.push_back({static_cast<std::int64_t>(program_.commands.size()), lowered.output,
                             static_cast<int>(pixels.y), static_cast<int>(pixels.x), static_cast<int>(lattice.step_y),
                             static_cast<int>(lattice.step_x), static_cast<int>(slice.first * config_.array.rows)});
  append(post, lowered.layer, {in.access(false), out.access(pixels, true)});
}

}  // namespace systoliq::model
