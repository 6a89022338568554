// SPDX-License-Identifier: Apache-2.0
// The formulas of compute_timing.h.
#include "model/timing/compute_timing.h"

#include <algorithm>

namespace systoliq::model {

namespace {

/// One EXECUTE as its timing sees it.
struct Loops {
  std::int64_t rows = 0, cols = 0, pixels = 0, taps = 0, blocks = 0, last_lanes = 0;
  std::int64_t passes() const { return taps * blocks; }
  /// Lanes of the block at that place in a tap.
  std::int64_t lanes(std::int64_t block) const { return block + 1 == blocks ? last_lanes : rows; }
};

/// Every pass but the last hides the next one's weights: last blocks and full ones are counted apart.
void time_weight_stationary(const Loops& s, ExecuteTiming* timing) {
  const std::int64_t last_blocks_loaded = s.blocks == 1 ? s.passes() - 1 : s.taps;
  const std::int64_t full_blocks_loaded = s.passes() - 1 - last_blocks_loaded;
  timing->fill = s.lanes(0);
  timing->stream = full_blocks_loaded * std::max(s.pixels, s.rows) +
                   last_blocks_loaded * std::max(s.pixels, s.last_lanes) + s.pixels;
  timing->first_pass = s.passes() == 1 ? s.pixels : std::max(s.pixels, s.lanes(s.blocks == 1 ? 0 : 1));
  timing->last_pass = s.pixels;
  timing->drain = s.rows + s.cols - 1 + kArrayPipelineCycles;
}

void time_output_stationary(const Loops& s, ExecuteTiming* timing) {
  const std::int64_t groups = (s.pixels + s.rows - 1) / s.rows;
  const auto pixels_of = [&s, groups](std::int64_t g) {
    return g + 1 < groups ? s.rows : s.pixels - (groups - 1) * s.rows;
  };
  const auto group_cycles = [&](std::int64_t g) {
    const std::int64_t own = pixels_of(g);
    const std::int64_t next_group = g + 1 < groups ? pixels_of(g + 1) : 0;
    const std::int64_t leaving = g > 0 ? pixels_of(g - 1) : 0;
    const auto pass = [&s](std::int64_t block, std::int64_t next) { return std::max(s.lanes(block), next); };
    if (s.passes() == 1) return std::max(pass(0, next_group), leaving);
    // All passes but the first and the last are followed by one of the same group.
    const std::int64_t full = s.taps * (s.blocks - 1);
    std::int64_t cycles = full * pass(0, own) + (s.passes() - full) * pass(s.blocks - 1, own);
    cycles += pass(s.blocks - 1, next_group) - pass(s.blocks - 1, own);
    cycles += std::max(pass(0, own), leaving) - pass(0, own);
    return cycles;
  };
  timing->fill = 1 + pixels_of(0);
  timing->stream = 0;
  // First group, the like ones between, the one before the last, the last.
  const std::int64_t alike = std::max<std::int64_t>(0, groups - 3);
  timing->stream += alike > 0 ? alike * group_cycles(1) : 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    if (alike > 0 && g >= 1 && g <= alike) continue;
    timing->stream += group_cycles(g);
  }
  timing->leaving = pixels_of(groups - 1);
  timing->drain = s.cols - 1 + kArrayPipelineCycles + timing->leaving;
  const bool one_pass = s.passes() == 1;
  timing->first_pass = std::max(s.lanes(0), one_pass ? (groups > 1 ? pixels_of(1) : 0) : pixels_of(0));
  timing->last_pass = std::max(s.lanes(s.blocks - 1), one_pass && groups > 1 ? pixels_of(groups - 2) : 0);
}

}  // namespace

ExecuteTiming execute_timing(const Execute& execute, const AcceleratorConfig& config) {
  Loops loops;
  loops.rows = config.array.rows;
  loops.cols = config.array.cols;
  loops.pixels = std::int64_t{execute.output_height} * execute.output_width;
  loops.taps = std::int64_t{execute.kernel_height} * execute.kernel_width;
  loops.blocks = execute.input_blocks;
  loops.last_lanes = execute.last_block_lanes;
  ExecuteTiming timing;
  if (config.array.dataflow == Dataflow::kOutputStationary) {
    time_output_stationary(loops, &timing);
  } else {
    time_weight_stationary(loops, &timing);
  }
  timing.fill += config.codebook_words();
  timing.alone =
      config.array.dataflow == Dataflow::kOutputStationary && (execute.init != 0 || config.codebook_words() > 0);
  const std::int64_t depth = loops.taps * ((loops.blocks - 1) * loops.rows + loops.last_lanes);
  timing.macs = loops.pixels * depth * execute.valid_columns;
  timing.ideal = (timing.macs + loops.rows * loops.cols - 1) / (loops.rows * loops.cols);
  return timing;
}

std::int64_t post_cycles(const Post& post, const AcceleratorConfig& config) {
  const std::int64_t pixels = std::int64_t{post.height} * post.width;
  const auto per_pixel = [&] {
    const int requantize = (config.array.cols + config.requant.lanes - 1) / config.requant.lanes;
    const int write = (config.array.cols + config.array.rows - 1) / config.array.rows;
    return static_cast<std::int64_t>(std::max(requantize, write));
  };
  switch (static_cast<PostOp>(post.op)) {
    case PostOp::kRequantize:
      return pixels * per_pixel() + kPostPipelineCycles;
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      return pixels * post.blocks * post.kernel_height * post.kernel_width + kPostPipelineCycles;
    case PostOp::kMultiply:
    case PostOp::kMultiplyPixel: {
      // As many multipliers as requantization has: lanes of a word take turns where those are fewer.
      const int turns = (config.array.rows + config.requant.lanes - 1) / config.requant.lanes;
      return std::max(2, turns) * pixels * post.blocks + kPostPipelineCycles;
    }
    case PostOp::kAdd:
    case PostOp::kAddPixel:
      return 2 * pixels * post.blocks + kPostPipelineCycles;
    case PostOp::kLookup:
    case PostOp::kFill:
      return pixels * post.blocks + kPostPipelineCycles;
  }
  throw InternalError("POST: unknown operation " + std::to_string(post.op));
}

}  // namespace systoliq::model
