// SPDX-License-Identifier: Apache-2.0
// Places are sums, so channels that lie at the same pixel of the input move together. Their pixels are taken apart row
// by row into runs of equal steps, and equal runs of several rows into lattices.
#include "model/compiler/move_regions.h"

#include <map>
#include <tuple>

#include "types/util/index.h"

namespace systoliq::model {
namespace {

constexpr std::int64_t kLongestStep = 64;  ///< that is looked for, between outputs of one run

/// Index `to` of an output axis shows index `from` of the input.
struct Pair {
  std::int64_t to, from;
  bool operator<(const Pair& other) const { return std::tie(to, from) < std::tie(other.to, other.from); }
};

/// Outputs to + k * step show from + k * from_step, for k < count.
struct Run {
  std::int64_t to = 0, step = 1, from = 0, from_step = 1, count = 0;
  bool operator<(const Run& other) const {
    return std::tie(to, step, from, from_step, count) <
           std::tie(other.to, other.step, other.from, other.from_step, other.count);
  }
};

/// The longest run of that step whose source ascends.
Run longest_run(const std::map<std::int64_t, std::int64_t>& shown, std::int64_t step) {
  Run best;
  std::map<std::int64_t, Run> ending;  // by their last output
  for (const auto& [to, from] : shown) {
    Run run = {to, step, from, 1, 1};
    const auto before = shown.find(to - step);
    if (before != shown.end() && from > before->second) {
      const Run& earlier = ending[to - step];
      const std::int64_t from_step = from - before->second;
      run = earlier.count > 1 && earlier.from_step == from_step
                ? Run{earlier.to, step, earlier.from, from_step, earlier.count + 1}
                : Run{to - step, step, before->second, from_step, 2};
    }
    ending[to] = run;
    if (run.count > best.count) best = run;
  }
  if (best.count == 1) best.step = 1;
  return best;
}

/// All pairs, each in one run; longer runs first, of equal ones that which begins first.
std::vector<Run> runs_of(const std::vector<Pair>& pairs) {
  std::map<std::int64_t, std::int64_t> left;
  for (const Pair& pair : pairs) left[pair.to] = pair.from;
  std::vector<Run> runs;
  while (!left.empty()) {
    Run best;
    const std::int64_t span = left.rbegin()->first - left.begin()->first;
    for (std::int64_t step = 1; step <= std::max<std::int64_t>(1, std::min(span, kLongestStep)); ++step) {
      const Run run = longest_run(left, step);
      if (run.count > best.count || (run.count == best.count && run.to < best.to)) best = run;
      if (best.count * (step + 1) > span + 1) break;  // no longer step has as many
    }
    for (std::int64_t k = 0; k < best.count; ++k) left.erase(best.to + k * best.step);
    runs.push_back(best);
  }
  return runs;
}

/// Channels that lie at the same pixel, [first, first + sources) of the output.
struct ChannelRun {
  std::int64_t offset = 0;  ///< of that pixel in the plane
  int first = 0;
  std::vector<int> sources;
};

std::vector<ChannelRun> channel_runs(const Offsets& channels, std::int64_t plane) {
  std::vector<ChannelRun> runs;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    const std::int64_t offset = channels[c] % plane;
    if (runs.empty() || runs.back().offset != offset) runs.push_back({offset, static_cast<int>(c), {}});
    runs.back().sources.push_back(static_cast<int>(channels[c] / plane));
  }
  return runs;
}

class Regions final {
 public:
  Regions(const Move& move, const Shape& input, std::size_t most)
      : move_(move), height_(input[2]), width_(input[3]), most_(most) {}

  /// False where there are too many.
  bool add(const ChannelRun& channels) {
    // Channel shift and column run -> the rows that have it, with the input's row.
    std::map<std::pair<std::int64_t, Run>, std::vector<Pair>> rows;
    for (std::size_t h = 0; h < move_.rows.size(); ++h) {
      std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Pair>> columns;  // by channel shift and row
      for (std::size_t w = 0; w < move_.columns.size(); ++w) {
        const std::int64_t place = channels.offset + move_.rows[h] + move_.columns[w];
        columns[{place / (height_ * width_), place / width_ % height_}].push_back(
            {static_cast<std::int64_t>(w), place % width_});
      }
      for (const auto& [key, pairs] : columns) {
        for (const Run& run : cached_runs(pairs)) {
          rows[{key.first, run}].push_back({static_cast<std::int64_t>(h), key.second});
        }
      }
      if (rows.size() > most_) return false;
    }
    for (const auto& [key, pairs] : rows) {
      for (const Run& vertical : cached_runs(pairs)) append(channels, key.first, vertical, key.second);
      if (regions_.size() > most_) return false;
    }
    return true;
  }

  std::vector<MoveRegion> take() { return std::move(regions_); }

 private:
  /// Most rows are alike.
  const std::vector<Run>& cached_runs(const std::vector<Pair>& pairs) {
    const auto found = cache_.find(pairs);
    if (found != cache_.end()) return found->second;
    return cache_.emplace(pairs, runs_of(pairs)).first->second;
  }

  void append(const ChannelRun& channels, std::int64_t shift, const Run& rows, const Run& columns) {
    MoveRegion region;
    region.output = {rows.to, columns.to, rows.step, columns.step, rows.count, columns.count};
    region.source = {rows.from, columns.from, rows.from_step, columns.from_step, rows.count, columns.count};
    region.first_channel = channels.first;
    for (const int source : channels.sources) {
      region.source_channels.push_back(source + static_cast<int>(shift));
    }
    regions_.push_back(std::move(region));
  }

  const Move& move_;
  std::int64_t height_, width_;
  std::size_t most_;
  std::map<std::vector<Pair>, std::vector<Run>> cache_;
  std::vector<MoveRegion> regions_;
};

}  // namespace

std::vector<MoveRegion> move_regions(const Move& move, const Shape& input, std::size_t most) {
  Regions regions(move, input, most);
  const std::vector<ChannelRun> channels = channel_runs(move.channels, input[2] * input[3]);
  if (channels.size() > most) return {};
  for (const ChannelRun& run : channels) {
    if (!regions.add(run)) return {};
  }
  return regions.take();
}

}  // namespace systoliq::model
