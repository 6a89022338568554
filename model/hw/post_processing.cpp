// SPDX-License-Identifier: Apache-2.0
// The post-processing unit: requantisation, pooling, residual add, table look-up and fill.
#include <algorithm>

#include "model/arith/requantize.h"
#include "model/hw/datapath.h"

namespace systoliq::model {
namespace {

class PostRun final {
 public:
  PostRun(MachineState& state, const Post& post, Staged* staged, LayerCounters* counters)
      : state_(state), post_(post), preset_(static_cast<Preset>(post.preset)), staged_(*staged), counters_(*counters) {
    check(post.preset >= 0 && post.preset < static_cast<int>(kPresetNames.size()), "POST: unknown preset");
  }

  void run() {
    switch (static_cast<PostOp>(post_.op)) {
      case PostOp::kRequantize:
        return requantize_tile();
      case PostOp::kMaxPool:
        return each_word([this](int y, int x, int block, int lane) { return max_pool(y, x, block, lane); });
      case PostOp::kAveragePool:
        return each_word([this](int y, int x, int block, int lane) { return average_pool(y, x, block, lane); });
      case PostOp::kAdd:
        return each_word([this](int y, int x, int block, int lane) { return add(y, x, block, lane); });
      case PostOp::kLookup:
        return each_word([this](int y, int x, int block, int lane) { return look_up(y, x, block, lane); });
      case PostOp::kFill:
        return each_word([this](int, int, int, int) { return std::int64_t{post_.output_zero_point}; });
    }
    throw InternalError("POST: unknown operation " + std::to_string(post_.op));
  }

 private:
  std::int16_t clamp(std::int64_t value) {
    if (value < post_.clamp_min || value > post_.clamp_max) ++counters_.clamps;
    return static_cast<std::int16_t>(std::clamp<std::int64_t>(value, post_.clamp_min, post_.clamp_max));
  }

  void requantize_tile() {
    const int rows = state_.config.array.rows;
    const int cols = state_.config.array.cols;
    const ParamEntry* params = state_.params.words(post_.param_address);
    const std::int64_t* accumulators =
        state_.accumulators.words(post_.source_address, std::int64_t{post_.height} * post_.width);
    check(post_.channels >= 1 && post_.channels <= cols, "POST: more channels than columns");
    std::vector<std::int16_t> line(static_cast<std::size_t>(post_.channels + post_.fill_lanes),
                                   static_cast<std::int16_t>(post_.output_zero_point));
    for (int y = 0; y < post_.height; ++y) {
      for (int x = 0; x < post_.width; ++x, accumulators += cols) {
        for (int c = 0; c < post_.channels; ++c) {
          line[static_cast<std::size_t>(c)] = clamp(
              requantize(preset_, accumulators[c], params[c].multiplier, params[c].shift) + post_.output_zero_point);
        }
        write_line(y, x, rows, line);
      }
    }
  }

  /// Spreads consecutive channels over the words of one pixel.
  void write_line(int y, int x, int rows, const std::vector<std::int16_t>& line) {
    const std::int64_t pixel =
        post_.output_address + std::int64_t{y} * post_.output_row_pitch + std::int64_t{x} * post_.output_pixel_pitch;
    int channel = post_.channel_offset;
    for (std::size_t done = 0; done < line.size();) {
      const int lane = channel % rows;
      const std::size_t count = std::min(line.size() - done, static_cast<std::size_t>(rows - lane));
      staged_.pieces.push_back({pixel + channel / rows, lane, static_cast<std::int64_t>(count)});
      staged_.lanes.insert(staged_.lanes.end(), line.begin() + static_cast<std::ptrdiff_t>(done),
                           line.begin() + static_cast<std::ptrdiff_t>(done + count));
      done += count;
      channel += static_cast<int>(count);
    }
  }

  template <typename Compute>
  void each_word(Compute compute) {
    const int rows = state_.config.array.rows;
    for (int y = 0; y < post_.height; ++y) {
      for (int x = 0; x < post_.width; ++x) {
        for (int block = 0; block < post_.blocks; ++block) {
          const std::int64_t address = post_.output_address + std::int64_t{y} * post_.output_row_pitch +
                                       std::int64_t{x} * post_.output_pixel_pitch + block;
          staged_.pieces.push_back({address, 0, rows});
          for (int lane = 0; lane < rows; ++lane) staged_.lanes.push_back(clamp(compute(y, x, block, lane)));
        }
      }
    }
  }

  std::int16_t source(std::int64_t base, std::int64_t row_pitch, int y, int x, int block, int lane) {
    return state_.activations.words(base + y * row_pitch + std::int64_t{x} * post_.source_pixel_pitch + block)[lane];
  }

  /// Visits the taps inside the source region.
  template <typename Visit>
  void each_tap(int y, int x, Visit visit) {
    const int top = y * post_.stride_height - post_.pad_top;
    const int left = x * post_.stride_width - post_.pad_left;
    for (int iy = std::max(top, 0); iy < std::min(top + post_.kernel_height, post_.source_height); ++iy) {
      for (int ix = std::max(left, 0); ix < std::min(left + post_.kernel_width, post_.source_width); ++ix)
        visit(iy, ix);
    }
  }

  std::int64_t max_pool(int y, int x, int block, int lane) {
    std::int16_t largest = INT16_MIN;
    each_tap(y, x, [&](int iy, int ix) {
      largest = std::max(largest, source(post_.source_address, post_.source_row_pitch, iy, ix, block, lane));
    });
    return largest;
  }

  std::int64_t average_pool(int y, int x, int block, int lane) {
    std::int64_t sum = 0;
    std::int64_t inside = 0;
    each_tap(y, x, [&](int iy, int ix) {
      sum += source(post_.source_address, post_.source_row_pitch, iy, ix, block, lane);
      ++inside;
    });
    const std::int64_t window = std::int64_t{post_.kernel_height} * post_.kernel_width;
    const std::int64_t count = post_.count_include_pad != 0 ? window : inside;
    sum += (count - inside) * post_.source_zero_point;
    if (post_.multiplier == post_.divisor && post_.shift == 0 && preset_ != Preset::kOrtMlas) {
      return exact_average(preset_, sum, 1, 0, count);
    }
    return exact_average(preset_, sum - count * post_.source_zero_point, post_.multiplier, post_.shift,
                         count * post_.divisor) +
           post_.output_zero_point;
  }

  std::int64_t add(int y, int x, int block, int lane) {
    const AddScales scales = {post_.multiplier, post_.shift,       post_.multiplier2,
                              post_.shift2,     post_.multiplier3, post_.shift3};
    const std::int32_t a =
        source(post_.source_address, post_.source_row_pitch, y, x, block, lane) - post_.source_zero_point;
    const std::int32_t b =
        source(post_.source2_address, post_.source2_row_pitch, y, x, block, lane) - post_.source2_zero_point;
    return residual_add(preset_, a, b, scales) + post_.output_zero_point;
  }

  std::int64_t look_up(int y, int x, int block, int lane) {
    const int bits = state_.config.datatypes.activation_bits;
    const int index = source(post_.source_address, post_.source_row_pitch, y, x, block, lane) + (1 << (bits - 1));
    const std::int64_t entries_per_word = std::int64_t{state_.config.array.cols} * 8;
    const auto* word =
        reinterpret_cast<const std::int16_t*>(state_.params.words(post_.param_address + index / entries_per_word));
    return word[index % entries_per_word];
  }

  MachineState& state_;
  const Post& post_;
  Preset preset_;
  Staged& staged_;
  LayerCounters& counters_;
};

}  // namespace

void compute_post(MachineState& state, const Post& post, Staged* staged, LayerCounters* counters) {
  PostRun(state, post, staged, counters).run();
}

void commit_post(MachineState& state, const Staged& staged) {
  const std::int16_t* lanes = staged.lanes.data();
  for (const StagedWords& piece : staged.pieces) {
    std::copy_n(lanes, piece.count, state.activations.words(piece.address) + piece.lane);
    lanes += piece.count;
  }
}

}  // namespace systoliq::model
