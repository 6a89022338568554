// SPDX-License-Identifier: Apache-2.0
// Read intervals, command by command.
#include "model/tlm/command_reads.h"

#include "model/isa/memory_records.h"

namespace systoliq::model {
namespace {

using Buffer = BufferInterval::Buffer;

/// Words from (0, 0) to (height - 1, width - 1), `words` of them at each place.
std::int64_t span(std::int64_t height, std::int64_t row_pitch, std::int64_t width, std::int64_t pitch,
                  std::int64_t words) {
  return height < 1 || width < 1 ? 0 : (height - 1) * row_pitch + (width - 1) * pitch + words;
}

}  // namespace

CommandReads reads_of(const Execute& e, const AcceleratorConfig& config) {
  const std::int64_t pixels = std::int64_t{e.output_height} * e.output_width;
  const std::int64_t depth = (e.input_blocks - 1) * std::int64_t{config.array.rows} + e.last_block_lanes;
  CommandReads reads;
  reads.add(Buffer::kActivations, e.input_address,
            span(e.input_height, e.input_row_pitch, e.input_width, e.input_pixel_pitch,
                 (e.input_blocks - 1) * std::int64_t{e.input_block_pitch} + 1));
  reads.add(Buffer::kWeights, e.weight_address, std::int64_t{e.kernel_height} * e.kernel_width * depth);
  if (e.init != 0) {
    reads.add(Buffer::kAccumulators, e.accumulator_address, pixels);
  } else {
    reads.add(Buffer::kParams, e.param_address, 1);
  }
  reads.add(Buffer::kParams, e.codebook_address, config.codebook_words());
  return reads;
}

CommandReads reads_of(const Post& p, const AcceleratorConfig& config) {
  CommandReads reads;
  const auto tile = [&p](std::int64_t row_pitch) {
    return span(p.height, row_pitch, p.width, p.source_pixel_pitch, p.blocks);
  };
  switch (static_cast<PostOp>(p.op)) {
    case PostOp::kRequantize:
      reads.add(Buffer::kAccumulators, p.source_address, std::int64_t{p.height} * p.width);
      reads.add(Buffer::kParams, p.param_address, 1);
      break;
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      reads.add(Buffer::kActivations, p.source_address,
                span(p.source_height, p.source_row_pitch, p.source_width, p.source_pixel_pitch, p.blocks));
      break;
    case PostOp::kAddPixel:
    case PostOp::kMultiplyPixel:
      reads.add(Buffer::kActivations, p.source2_address, p.blocks);
      reads.add(Buffer::kActivations, p.source_address, tile(p.source_row_pitch));
      break;
    case PostOp::kAdd:
    case PostOp::kMultiply:
      reads.add(Buffer::kActivations, p.source2_address, tile(p.source2_row_pitch));
      reads.add(Buffer::kActivations, p.source_address, tile(p.source_row_pitch));
      break;
    case PostOp::kLookup: {
      const std::int64_t entries_per_word = std::int64_t{config.array.cols} * 8;
      const std::int64_t entries = std::int64_t{1} << config.datatypes.activation_bits;
      reads.add(Buffer::kParams, p.param_address, (entries + entries_per_word - 1) / entries_per_word);
      reads.add(Buffer::kActivations, p.source_address, tile(p.source_row_pitch));
      break;
    }
    case PostOp::kFill:
      break;
  }
  return reads;
}

CommandReads reads_of(const Store& s) {
  CommandReads reads;
  reads.add(Buffer::kActivations, s.buffer_address,
            span(s.rows, s.buffer_row_pitch, row_words(s), s.buffer_word_pitch, 1));
  return reads;
}

BufferInterval writes_of(const Load& l) {
  const auto target = static_cast<LoadTarget>(l.target);
  const Buffer buffer = target == LoadTarget::kWeight  ? Buffer::kWeights
                        : target == LoadTarget::kParam ? Buffer::kParams
                                                       : Buffer::kActivations;
  return {buffer, l.buffer_address, span(l.rows, l.buffer_row_pitch, row_words(l), l.buffer_word_pitch, 1)};
}

}  // namespace systoliq::model
