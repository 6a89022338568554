// SPDX-License-Identifier: Apache-2.0
// The closed formulas for EXECUTE and POST against machines simulated register by register, cycle by cycle.
#include "model/timing/compute_timing.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "model/accounting/access_counts.h"

namespace systoliq::model {
namespace {

int draw(std::mt19937* random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(*random); }

/// A weight stationary array: a loader that fills one shadow row a cycle, a feeder that reads one pixel a cycle, and
/// the registers that a pixel passes on its way: feeder, decoder, the PEs, accumulator read and write.
class ArraySimulation final {
 public:
  ArraySimulation(const Execute& execute, const AcceleratorConfig& config)
      : rows_(static_cast<std::size_t>(config.array.rows)),
        cols_(static_cast<std::size_t>(config.array.cols)),
        columns_used_(static_cast<std::size_t>(execute.valid_columns)),
        pixels_(execute.output_height * execute.output_width) {
    for (int tap = 0; tap < execute.kernel_height * execute.kernel_width; ++tap) {
      for (int block = 1; block <= execute.input_blocks; ++block) {
        lanes_.push_back(block == execute.input_blocks ? execute.last_block_lanes : config.array.rows);
      }
    }
    array_.assign(rows_, std::vector<int>(cols_, kNothing));
    skew_.resize(rows_);
    for (std::size_t r = 0; r < rows_; ++r) skew_[r].assign(r, kNothing);
  }

  void run() {
    while (written_ < pixels_ * static_cast<int>(lanes_.size())) step();
  }

  int cycles = 0, first_pixel_cycle = -1, last_pixel_cycle = -1;
  std::int64_t macs = 0;

 private:
  static constexpr int kNothing = -1;  ///< else the pass of the pixel in the register

  void step() {
    // From the back to the front, so that every register takes what its predecessor held.
    if (write_ != kNothing) ++written_;  // into the accumulator buffer
    write_ = read_;
    read_ = array_[rows_ - 1][cols_ - 1];
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t c = cols_ - 1; c > 0; --c) array_[r][c] = array_[r][c - 1];
      array_[r][0] = skewed(r, decoder_);
    }
    count_macs();
    decoder_ = feeder_;
    feeder_ = read_pixel();
    load_weights();
    ++cycles;
  }

  int skewed(std::size_t row, int entering) {
    std::vector<int>& delay = skew_[row];
    if (delay.empty()) return entering;
    const int leaving = delay.back();
    for (std::size_t i = delay.size() - 1; i > 0; --i) delay[i] = delay[i - 1];
    delay[0] = entering;
    return leaving;
  }

  void count_macs() {
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t c = 0; c < columns_used_; ++c) {
        const int pass = array_[r][c];
        if (pass != kNothing && static_cast<int>(r) < lanes_[static_cast<std::size_t>(pass)]) ++macs;
      }
    }
  }

  /// A pass starts when the one before it has streamed and its own weights are in the shadow registers.
  int read_pixel() {
    const bool between = streamed_ == 0 || streamed_ == pixels_;
    if (between) {
      const std::size_t next = static_cast<std::size_t>(pass_ + 1);
      if (next == lanes_.size() || loaded_ < lanes_[next]) return kNothing;
      ++pass_;
      streamed_ = 0;
      loaded_ = 0;  // the swap frees the shadow registers
    }
    if (first_pixel_cycle < 0) first_pixel_cycle = cycles;
    last_pixel_cycle = cycles;
    ++streamed_;
    return pass_;
  }

  void load_weights() {
    const std::size_t next = static_cast<std::size_t>(pass_ + 1);
    if (next < lanes_.size() && loaded_ < lanes_[next]) ++loaded_;
  }

  std::size_t rows_, cols_, columns_used_;
  int pixels_;
  std::vector<int> lanes_;
  std::vector<std::vector<int>> array_, skew_;
  int feeder_ = kNothing, decoder_ = kNothing, read_ = kNothing, write_ = kNothing;
  int pass_ = -1, streamed_ = 0, loaded_ = 0, written_ = 0;
};

Execute random_execute(const AcceleratorConfig& config, std::mt19937* random) {
  Execute execute;
  execute.output_height = draw(random, 1, 4);
  execute.output_width = draw(random, 1, 5);
  execute.kernel_height = draw(random, 1, 3);
  execute.kernel_width = draw(random, 1, 3);
  execute.input_blocks = draw(random, 1, 3);
  execute.last_block_lanes = draw(random, 1, config.array.rows);
  execute.valid_columns = draw(random, 1, config.array.cols);
  return execute;
}

TEST(ExecuteTiming, EqualsSimulatedArray) {
  std::mt19937 random(11);
  for (int repeat = 0; repeat < 400; ++repeat) {
    AcceleratorConfig config;
    config.array.rows = draw(&random, 1, 15);
    config.array.cols = draw(&random, 1, 9);
    const Execute execute = random_execute(config, &random);
    ArraySimulation simulation(execute, config);
    simulation.run();
    const ExecuteTiming timing = execute_timing(execute, config);
    ASSERT_EQ(timing.total(), simulation.cycles) << "array " << config.array.rows << " x " << config.array.cols;
    ASSERT_EQ(timing.fill, simulation.first_pixel_cycle);
    ASSERT_EQ(timing.stream, simulation.last_pixel_cycle + 1 - simulation.first_pixel_cycle);
    ASSERT_EQ(timing.macs, simulation.macs);
    const std::int64_t elements = config.array.rows * config.array.cols;
    ASSERT_TRUE(timing.ideal * elements >= timing.macs && (timing.ideal - 1) * elements < timing.macs);
    ASSERT_LE(timing.ideal, timing.stream);
  }
}

TEST(ExecuteTiming, SteadyPassCostsTheLargerOfPixelsAndRows) {
  AcceleratorConfig config;
  Execute execute;
  execute.output_height = execute.kernel_height = 1;
  execute.input_blocks = 1000;
  execute.last_block_lanes = 16;
  execute.valid_columns = 16;
  execute.kernel_width = 1;
  execute.output_width = 1;  // one pixel: bound by weight loading
  EXPECT_EQ(execute_timing(execute, config).stream, 999 * 16 + 1);
  execute.output_width = 100;
  EXPECT_EQ(execute_timing(execute, config).stream, 1000 * 100);
  EXPECT_EQ(execute_timing(execute, config).ideal, 1000 * 100);
}

/// Lanes leave the requantizers `lanes` a cycle and enter the buffer `rows` a cycle; both work side by side.
std::int64_t requantize_cycles(const Post& post, const AcceleratorConfig& config) {
  std::int64_t cycles = 0;
  for (int pixel = 0; pixel < post.height * post.width; ++pixel) {
    int computed = 0;
    int written = 0;
    while (computed < config.array.cols || written < config.array.cols) {
      computed += config.requant.lanes;
      written += config.array.rows;
      ++cycles;
    }
  }
  return cycles;
}

TEST(PostTiming, EqualsCountedReads) {
  std::mt19937 random(12);
  for (int repeat = 0; repeat < 300; ++repeat) {
    AcceleratorConfig config;
    config.array.rows = draw(&random, 1, 33);
    config.array.cols = draw(&random, 1, 33);
    config.requant.lanes = draw(&random, 1, config.array.cols);
    Post post;
    post.height = draw(&random, 1, 5);
    post.width = draw(&random, 1, 5);
    post.blocks = draw(&random, 1, 3);
    post.kernel_height = draw(&random, 1, 3);
    post.kernel_width = draw(&random, 1, 3);
    for (const PostOp op : {PostOp::kRequantize, PostOp::kMaxPool, PostOp::kAveragePool, PostOp::kAdd, PostOp::kLookup,
                            PostOp::kFill, PostOp::kMultiply, PostOp::kMultiplyPixel, PostOp::kAddPixel}) {
      post.op = static_cast<std::int32_t>(op);
      std::int64_t cycles = 0;
      const int reads = adds(op) || multiplies(op)                             ? 2
                        : op == PostOp::kMaxPool || op == PostOp::kAveragePool ? post.kernel_height * post.kernel_width
                                                                               : 1;
      for (int word = 0; word < post.height * post.width * post.blocks; ++word) {
        int taken = 0;
        for (int lane = 0; lane < config.array.rows; lane += config.requant.lanes) ++taken;  // products
        cycles += multiplies(op) ? std::max(reads, taken) : reads;                           // one read port
      }
      if (op == PostOp::kRequantize) cycles = requantize_cycles(post, config);
      ASSERT_EQ(post_cycles(post, config), cycles + kPostPipelineCycles) << "operation " << post.op;
    }
  }
  Post unknown;
  unknown.op = 9;
  EXPECT_THROW(post_cycles(unknown, AcceleratorConfig{}), InternalError);
}

TEST(AccessCounts, ExecuteEqualsLoops) {
  std::mt19937 random(13);
  for (int repeat = 0; repeat < 200; ++repeat) {
    AcceleratorConfig config;
    config.array.rows = draw(&random, 1, 15);
    Execute execute = random_execute(config, &random);
    execute.init = draw(&random, 0, 1);
    std::int64_t reads = execute.init == 0 ? 1 : 0;  // the word of biases
    std::int64_t writes = 0;
    std::int64_t passes = 0;
    for (int tap = 0; tap < execute.kernel_height * execute.kernel_width; ++tap) {
      for (int block = 1; block <= execute.input_blocks; ++block, ++passes) {
        reads += block == execute.input_blocks ? execute.last_block_lanes : config.array.rows;
        for (int pixel = 0; pixel < execute.output_height * execute.output_width; ++pixel) {
          reads += passes == 0 && execute.init == 0 ? 1 : 2;  // the activation, and what was accumulated before
          ++writes;
        }
      }
    }
    LayerCounters counters;
    count_accesses(execute, config, &counters);
    ASSERT_EQ(counters.sram_read_words, reads);
    ASSERT_EQ(counters.sram_write_words, writes);
    ASSERT_EQ(counters.array_macs, execute_timing(execute, config).macs);
  }
}

TEST(AccessCounts, PostRequantizeTouchesWordsOnce) {
  std::mt19937 random(14);
  for (int repeat = 0; repeat < 200; ++repeat) {
    AcceleratorConfig config;
    config.array.rows = draw(&random, 1, 15);
    Post post;
    post.height = draw(&random, 1, 3);
    post.width = 2;
    post.channel_offset = draw(&random, 0, 40);
    post.channels = draw(&random, 1, 16);
    post.fill_lanes = draw(&random, 0, 3);
    std::int64_t words = 0;
    for (int c = post.channel_offset, last = -1; c < post.channel_offset + post.channels + post.fill_lanes; ++c) {
      if (c / config.array.rows != last) ++words;
      last = c / config.array.rows;
    }
    LayerCounters counters;
    count_accesses(post, config, &counters);
    ASSERT_EQ(counters.sram_write_words, words * post.height * post.width);
    ASSERT_EQ(counters.sram_read_words, post.height * post.width);
  }
}

TEST(AccessCounts, OtherPostOperations) {
  AcceleratorConfig config;
  Post post;
  post.height = 3;
  post.width = 5;
  post.blocks = 2;
  post.kernel_height = 2;
  post.kernel_width = 3;
  const std::int64_t reads[] = {0, 180, 180, 60, 60, 0};
  for (int op = 1; op <= 5; ++op) {
    post.op = op;
    LayerCounters counters;
    count_accesses(post, config, &counters);
    EXPECT_EQ(counters.sram_read_words, reads[op]) << op;
    EXPECT_EQ(counters.sram_write_words, 30) << op;
  }
}

}  // namespace
}  // namespace systoliq::model
