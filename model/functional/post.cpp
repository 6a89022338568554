// SPDX-License-Identifier: Apache-2.0
// The post-processing unit: requantization, pooling, residual add, table look-up and fill. RTL:
// rtl_cosim/rtl/post/systoliq_post.sv.
#include "model/functional/post.h"

#include <algorithm>
#include <utility>

#include "model/arith/bulk_requantize.h"

namespace systoliq::model {
namespace {

class PostRun final {
 public:
  PostRun(Storage& state, const Post& post, Staged* staged, LayerCounters* counters)
      : state_(state),
        post_(post),
        preset_(static_cast<Preset>(post.preset)),
        range_{post.output_zero_point, post.clamp_min, post.clamp_max},
        rows_(state.config.array.rows),
        staged_(*staged),
        counters_(*counters) {}

  void run() {
    staged_.runs.clear();
    if (static_cast<PostOp>(post_.op) == PostOp::kRequantize) return requantize_tile();
    line_ = post_.blocks * rows_;
    staged_.lanes.resize(static_cast<std::size_t>(post_.height) * static_cast<std::size_t>(post_.width) *
                         static_cast<std::size_t>(line_));
    for (int y = 0; y < post_.height; ++y) {
      std::int16_t* out = staged_.lanes.data() + std::ptrdiff_t{y} * post_.width * line_;
      compute_row(y, out);
      stage_row(y, 0, 0, line_);
    }
  }

 private:
  void compute_row(int y, std::int16_t* out) {
    switch (static_cast<PostOp>(post_.op)) {
      case PostOp::kRequantize:
        break;
      case PostOp::kMaxPool:
        return each_pixel(out, [&](int x, std::int16_t* pixel) { max_pool(y, x, pixel); });
      case PostOp::kAveragePool:
        return each_pixel(out, [&](int x, std::int16_t* pixel) { average_pool(y, x, pixel); });
      case PostOp::kAdd:
        return add_row(y, out);
      case PostOp::kLookup:
        return each_pixel(out, [&](int x, std::int16_t* pixel) { look_up(y, x, pixel); });
      case PostOp::kFill:
        std::fill_n(out, std::ptrdiff_t{post_.width} * line_, clamp(post_.output_zero_point));
        return;
    }
    throw InternalError("POST: unknown operation " + std::to_string(post_.op));
  }

  template <typename Compute>
  void each_pixel(std::int16_t* out, Compute compute) {
    for (int x = 0; x < post_.width; ++x, out += line_) compute(x, out);
  }

  std::int16_t clamp(std::int64_t value) {
    if (value < post_.clamp_min || value > post_.clamp_max) ++counters_.clamps;
    return static_cast<std::int16_t>(std::clamp<std::int64_t>(value, post_.clamp_min, post_.clamp_max));
  }

  /// `count` lanes of each of the row's pixels: from `source` on in the staged line, to channel `channel` of the
  /// output.
  void stage_row(int y, int channel, int source, int count) {
    StagedRun run;
    run.address = post_.output_address + std::int64_t{y} * post_.output_row_pitch + channel / rows_;
    run.pitch = post_.output_pixel_pitch;
    run.lane = channel % rows_;
    run.count = count;
    run.repeat = post_.width;
    run.source = std::int64_t{y} * post_.width * line_ + source;
    run.source_pitch = line_;
    staged_.runs.push_back(run);
  }

  void requantize_tile() {
    const int cols = state_.config.array.cols;
    const int pixels = post_.height * post_.width;
    const ParamEntry* params = state_.params.words(post_.param_address);
    const std::int64_t* accumulators =
        state_.accumulators.words(post_.source_address, std::int64_t{post_.height} * post_.width);
    std::vector<Multiplier> multipliers;
    for (int c = 0; c < post_.channels; ++c) {
      multipliers.push_back(
          as_data(preset_, {params[c].multiplier, params[c].shift}, state_.config.requant.multiplier_bits));
    }
    line_ = post_.channels + post_.fill_lanes;
    staged_.lanes.assign(static_cast<std::size_t>(pixels) * static_cast<std::size_t>(line_),
                         static_cast<std::int16_t>(post_.output_zero_point));
    counters_.clamps += BulkRequantizer(preset_, std::move(multipliers), range_)
                            .run(accumulators, pixels, cols, staged_.lanes.data(), line_);
    for (int y = 0; y < post_.height; ++y) {
      for (int done = 0; done < line_;) {  // consecutive channels lie in consecutive words of a pixel
        const int channel = post_.channel_offset + done;
        const int count = std::min(line_ - done, rows_ - channel % rows_);
        stage_row(y, channel, done, count);
        done += count;
      }
    }
  }

  /// All lanes of one source pixel.
  const std::int16_t* source(std::int64_t base, std::int64_t row_pitch, int y, int x, int pixels = 1) {
    const std::int64_t address = base + y * row_pitch + std::int64_t{x} * post_.source_pixel_pitch;
    return state_.activations.words(address, std::int64_t{pixels} * post_.blocks);
  }

  /// Visits the taps inside the source region.
  template <typename Visit>
  void each_tap(int y, int x, Visit visit) {
    const int top = y * post_.stride_height - post_.pad_top;
    const int left = x * post_.stride_width - post_.pad_left;
    for (int iy = std::max(top, 0); iy < std::min(top + post_.kernel_height, post_.source_height); ++iy) {
      for (int ix = std::max(left, 0); ix < std::min(left + post_.kernel_width, post_.source_width); ++ix)
        visit(source(post_.source_address, post_.source_row_pitch, iy, ix));
    }
  }

  void max_pool(int y, int x, std::int16_t* out) {
    std::fill_n(out, line_, std::int16_t{INT16_MIN});
    each_tap(y, x, [&](const std::int16_t* in) {
      for (int lane = 0; lane < line_; ++lane) out[lane] = std::max(out[lane], in[lane]);
    });
    std::int64_t clamped = 0;
    const std::int32_t low = post_.clamp_min;
    const std::int32_t high = post_.clamp_max;
    for (int lane = 0; lane < line_; ++lane) {
      const std::int32_t inside = std::max(low, std::min(std::int32_t{out[lane]}, high));
      clamped += inside != out[lane] ? 1 : 0;
      out[lane] = static_cast<std::int16_t>(inside);
    }
    counters_.clamps += clamped;
  }

  void average_pool(int y, int x, std::int16_t* out) {
    sums_.assign(static_cast<std::size_t>(line_), 0);
    std::int64_t inside = 0;
    each_tap(y, x, [&](const std::int16_t* in) {
      for (int lane = 0; lane < line_; ++lane) sums_[static_cast<std::size_t>(lane)] += in[lane];
      ++inside;
    });
    const std::int64_t window = std::int64_t{post_.kernel_height} * post_.kernel_width;
    const std::int64_t count = post_.count_include_pad != 0 ? window : inside;
    const bool raw = post_.multiplier == post_.divisor && post_.shift == 0 && !averages_half_even(preset_);
    for (int lane = 0; lane < line_; ++lane) {
      const std::int64_t sum = sums_[static_cast<std::size_t>(lane)] + (count - inside) * post_.source_zero_point;
      out[lane] = clamp(raw ? exact_average(preset_, sum, 1, 0, count)
                            : exact_average(preset_, sum - count * post_.source_zero_point, post_.multiplier,
                                            post_.shift, count * post_.divisor) +
                                  post_.output_zero_point);
    }
  }

  void add_row(int y, std::int16_t* out) {
    const AddScales scales = {post_.multiplier, post_.shift,       post_.multiplier2,
                              post_.shift2,     post_.multiplier3, post_.shift3};
    const BulkAdder adder(preset_, scales, post_.source_zero_point, post_.source2_zero_point, range_,
                          state_.config.datatypes.activation_bits);
    const bool whole_row = post_.source_pixel_pitch == post_.blocks;
    const int pixels = whole_row ? post_.width : 1;
    for (int x = 0; x < post_.width; x += pixels, out += std::ptrdiff_t{pixels} * line_) {
      const std::int16_t* a = source(post_.source_address, post_.source_row_pitch, y, x, pixels);
      const std::int16_t* b = source(post_.source2_address, post_.source2_row_pitch, y, x, pixels);
      counters_.clamps += adder.run(a, b, pixels * line_, out);
    }
  }

  void look_up(int y, int x, std::int16_t* out) {
    const std::int16_t* in = source(post_.source_address, post_.source_row_pitch, y, x);
    const int bits = state_.config.datatypes.activation_bits;
    const std::int64_t entries_per_word = std::int64_t{state_.config.array.cols} * 8;
    const std::int64_t words = ((std::int64_t{1} << bits) + entries_per_word - 1) / entries_per_word;
    const ParamEntry* table = state_.params.words(post_.param_address, words);
    for (int lane = 0; lane < line_; ++lane) {
      const int index = in[lane] + (1 << (bits - 1));
      check(index >= 0 && index < 1 << bits, "POST: activation outside the table");
      out[lane] = clamp(table_entry(table, index));
    }
  }

  Storage& state_;
  const Post& post_;
  Preset preset_;
  OutputRange range_;
  int rows_ = 0;
  int line_ = 0;  ///< staged lanes of one output pixel
  Staged& staged_;
  LayerCounters& counters_;
  std::vector<std::int64_t> sums_;
};

}  // namespace

void compute_post(Storage& state, const Post& post, Staged* staged, LayerCounters* counters) {
  PostRun(state, post, staged, counters).run();
}

void commit_post(Storage& state, const Staged& staged) {
  const int rows = state.config.array.rows;
  for (const StagedRun& run : staged.runs) {
    const std::int64_t words = (run.lane + run.count + rows - 1) / rows;
    const std::int16_t* lanes = staged.lanes.data() + run.source;
    for (int piece = 0; piece < run.repeat; ++piece, lanes += run.source_pitch) {
      std::copy_n(lanes, run.count, state.activations.words(run.address + piece * run.pitch, words) + run.lane);
    }
  }
}

}  // namespace systoliq::model
