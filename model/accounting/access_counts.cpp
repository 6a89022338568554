// SPDX-License-Identifier: Apache-2.0
// The formulas of access_counts.h.
#include "model/accounting/access_counts.h"

#include "model/isa/memory_records.h"
#include "model/timing/compute_timing.h"

namespace systoliq::model {
namespace {

std::int64_t words_touched(int first_lane, int lanes, int rows) {
  return (first_lane % rows + lanes + rows - 1) / rows;
}

}  // namespace

void count_accesses(const Load& load, const BurstTotals& read, LayerCounters* counters) {
  counters->sram_write_words += load.rows * row_words(load);
  counters->memory_read_bytes += read.bytes;
  counters->memory_read_bursts += read.bursts;
}

void count_accesses(const Store& store, const BurstTotals& written, LayerCounters* counters) {
  counters->sram_read_words += store.rows * row_words(store);
  counters->memory_write_bytes += written.bytes;
  counters->memory_write_bursts += written.bursts;
}

void count_accesses(const Execute& execute, const AcceleratorConfig& config, LayerCounters* counters) {
  const std::int64_t pixels = std::int64_t{execute.output_height} * execute.output_width;
  const std::int64_t taps = std::int64_t{execute.kernel_height} * execute.kernel_width;
  const std::int64_t passes = taps * execute.input_blocks;
  const std::int64_t depth =
      taps * ((execute.input_blocks - 1) * std::int64_t{config.array.rows} + execute.last_block_lanes);
  const bool from_bias = execute.init == 0;
  counters->sram_read_words += config.codebook_words();
  if (config.array.dataflow == Dataflow::kOutputStationary) {
    const std::int64_t groups = (pixels + config.array.rows - 1) / config.array.rows;
    counters->sram_read_words += passes * pixels + groups * depth + (from_bias ? 1 : pixels);
    counters->sram_write_words += pixels;
  } else {
    counters->sram_read_words +=
        passes * pixels + depth + (passes - (from_bias ? 1 : 0)) * pixels + (from_bias ? 1 : 0);
    counters->sram_write_words += passes * pixels;
  }
  const ExecuteTiming timing = execute_timing(execute, config);
  counters->array_macs += timing.macs;
  counters->own_fill_cycles += timing.fill;
  counters->own_stream_cycles += timing.stream;
  counters->own_drain_cycles += timing.drain;
}

void count_accesses(const Post& post, const AcceleratorConfig& config, LayerCounters* counters) {
  const std::int64_t pixels = std::int64_t{post.height} * post.width;
  const std::int64_t words = pixels * post.blocks;
  switch (static_cast<PostOp>(post.op)) {
    case PostOp::kRequantize:
      counters->sram_read_words += pixels;
      counters->sram_write_words +=
          pixels * words_touched(post.channel_offset, post.channels + post.fill_lanes, config.array.rows);
      return;
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      counters->sram_read_words += words * post.kernel_height * post.kernel_width;
      break;
    case PostOp::kAdd:
    case PostOp::kAddPixel:
    case PostOp::kMultiply:
    case PostOp::kMultiplyPixel:
    case PostOp::kLookup:
      counters->sram_read_words += 2 * words;
      break;
    case PostOp::kFill:
      break;
  }
  counters->sram_write_words += words;
}

}  // namespace systoliq::model
