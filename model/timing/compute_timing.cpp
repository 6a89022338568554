// SPDX-License-Identifier: Apache-2.0
// The formulas of compute_timing.h.
#include "model/timing/compute_timing.h"

#include <algorithm>

namespace systoliq::model {

ExecuteTiming execute_timing(const Execute& execute, const AcceleratorConfig& config) {
  const std::int64_t rows = config.array.rows;
  const std::int64_t cols = config.array.cols;
  const std::int64_t pixels = std::int64_t{execute.output_height} * execute.output_width;
  const std::int64_t taps = std::int64_t{execute.kernel_height} * execute.kernel_width;
  const std::int64_t blocks = execute.input_blocks;
  const std::int64_t first = blocks == 1 ? execute.last_block_lanes : rows;
  // Every pass but the last hides the next one's weights: (blocks - 1) full-height or last-block passes a tap.
  const std::int64_t passes = taps * blocks;
  const std::int64_t last_blocks_loaded = blocks == 1 ? passes - 1 : taps;
  const std::int64_t full_blocks_loaded = passes - 1 - last_blocks_loaded;
  ExecuteTiming timing;
  timing.fill = first;
  timing.stream = full_blocks_loaded * std::max(pixels, rows) +
                  last_blocks_loaded * std::max<std::int64_t>(pixels, execute.last_block_lanes) + pixels;
  timing.drain = rows + cols - 1 + kArrayPipelineCycles;
  const std::int64_t depth = taps * ((blocks - 1) * rows + execute.last_block_lanes);
  timing.macs = pixels * depth * execute.valid_columns;
  timing.ideal = (timing.macs + rows * cols - 1) / (rows * cols);
  return timing;
}

std::int64_t post_cycles(const Post& post, const AcceleratorConfig& config) {
  const std::int64_t pixels = std::int64_t{post.height} * post.width;
  const auto per_pixel = [&] {
    const int requantise = (config.array.cols + config.requant.lanes - 1) / config.requant.lanes;
    const int write = (config.array.cols + config.array.rows - 1) / config.array.rows;
    return static_cast<std::int64_t>(std::max(requantise, write));
  };
  switch (static_cast<PostOp>(post.op)) {
    case PostOp::kRequantize:
      return pixels * per_pixel() + kPostPipelineCycles;
    case PostOp::kMaxPool:
    case PostOp::kAveragePool:
      return pixels * post.blocks * post.kernel_height * post.kernel_width + kPostPipelineCycles;
    case PostOp::kAdd:
      return 2 * pixels * post.blocks + kPostPipelineCycles;
    case PostOp::kLookup:
    case PostOp::kFill:
      return pixels * post.blocks + kPostPipelineCycles;
  }
  throw InternalError("POST: unknown operation " + std::to_string(post.op));
}

}  // namespace systoliq::model
