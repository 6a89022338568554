// SPDX-License-Identifier: Apache-2.0
// Sampling of accumulators during a replay; corners by bisection.
#include "rtl_cosim/vectors/unit_vectors.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "model/arith/requantize.h"
#include "rtl_cosim/vectors/hex_text.h"
#include "rtl_cosim/vectors/replay.h"
#include "rtl_cosim/vectors/sample.h"

namespace systoliq::rtl {
namespace {

constexpr std::int64_t kScalesWithCorners = 4;

std::int64_t scaled(const UnitVector& v) { return model::requantize(v.preset, v.accumulator, v.multiplier, v.shift); }

/// All accumulators that a POST requantizes.
void offer_accumulators(model::Storage& state, const model::Post& post, Reservoir<UnitVector>* sample) {
  const model::ParamEntry* params = state.params.words(post.param_address);
  const std::int64_t pixels = std::int64_t{post.height} * post.width;
  UnitVector vector;
  vector.preset = static_cast<Preset>(post.preset);
  vector.zero_point = post.output_zero_point;
  vector.clamp_min = post.clamp_min;
  vector.clamp_max = post.clamp_max;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const std::int64_t* word = state.accumulators.words(post.source_address + pixel);
    for (int c = 0; c < post.channels; ++c) {
      vector.accumulator = word[c];
      vector.multiplier = params[c].multiplier;
      vector.shift = params[c].shift;
      sample->offer(vector);
    }
  }
}

std::map<int, Reservoir<UnitVector>> sample_layers(const VectorSource& source, const VectorOptions& options) {
  std::map<int, Reservoir<UnitVector>> samples;
  for (Replay replay(source.program, source.config, source.memory); !replay.at_end(); replay.step()) {
    const auto* post = std::get_if<model::Post>(&replay.command().body);
    if (post == nullptr || static_cast<model::PostOp>(post->op) != model::PostOp::kRequantize) continue;
    const int layer = replay.command().layer;
    const auto sample = samples.try_emplace(layer, options.samples, options.seed + static_cast<std::uint64_t>(layer));
    offer_accumulators(replay.state(), *post, &sample.first->second);
  }
  return samples;
}

/// The smallest accumulator in (low, high] whose scaled value is at least `target`, if scaling is monotone.
std::int64_t first_reaching(UnitVector vector, std::int64_t target, std::int64_t low, std::int64_t high) {
  while (high - low > 1) {
    vector.accumulator = low + (high - low) / 2;
    (scaled(vector) >= target ? high : low) = vector.accumulator;
  }
  return high;
}

void append_corners(UnitVector vector, int accumulator_bits, std::vector<UnitVector>* vectors) {
  const std::int64_t high = (std::int64_t{1} << (accumulator_bits - 1)) - 1;
  const std::int64_t low = -high - 1;
  std::vector<std::int64_t> accumulators = {low, low + 1, -1, 0, 1, high - 1, high};
  const std::int64_t zero = vector.zero_point;
  for (const std::int64_t output : {std::int64_t{vector.clamp_min}, vector.clamp_min + std::int64_t{1}, zero, zero + 1,
                                    std::int64_t{vector.clamp_max}, vector.clamp_max + std::int64_t{1}}) {
    const std::int64_t first = first_reaching(vector, output - zero, low, high);
    for (std::int64_t value = first - 1; value <= std::min(first + 1, high); ++value) accumulators.push_back(value);
  }
  std::sort(accumulators.begin(), accumulators.end());
  accumulators.erase(std::unique(accumulators.begin(), accumulators.end()), accumulators.end());
  for (const std::int64_t accumulator : accumulators) {
    vector.accumulator = accumulator;
    vectors->push_back(vector);
  }
}

void append_range(int layer, bool corners, const std::vector<UnitVector>& vectors, UnitVectors* all) {
  if (vectors.empty()) return;
  all->ranges.push_back(
      {layer, corners, static_cast<std::int64_t>(all->vectors.size()), static_cast<std::int64_t>(vectors.size())});
  for (const UnitVector& vector : vectors) all->vectors.push_back(with_golden_result(vector));
}

}  // namespace

UnitVector with_golden_result(UnitVector vector) {
  vector.scaled = scaled(vector);
  vector.output = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(vector.scaled + vector.zero_point, vector.clamp_min, vector.clamp_max));
  return vector;
}

UnitVectors make_unit_vectors(const VectorSource& source, const VectorOptions& options) {
  UnitVectors all;
  for (const auto& [layer, sample] : sample_layers(source, options)) {
    append_range(layer, false, sample.items(), &all);
    std::map<std::tuple<std::int32_t, std::int32_t>, UnitVector> scales;
    for (const UnitVector& vector : sample.items()) {
      if (static_cast<std::int64_t>(scales.size()) == kScalesWithCorners) break;
      scales.try_emplace({vector.multiplier, vector.shift}, vector);
    }
    std::vector<UnitVector> corners;
    for (const auto& scale : scales) {
      append_corners(scale.second, source.config.datatypes.accumulator_bits, &corners);
    }
    append_range(layer, true, corners, &all);
  }
  return all;
}

std::string to_hex(const std::vector<UnitVector>& vectors) {
  std::string text;
  for (const UnitVector& v : vectors) {
    HexWord word;
    word.add(v.output, 32).add(v.scaled, 64).add(v.clamp_max, 32).add(v.clamp_min, 32).add(v.zero_point, 32);
    word.add(v.shift, 32).add(v.multiplier, 32).add(v.accumulator, 64).add(static_cast<int>(v.preset), 8);
    text += word.text() + "\n";
  }
  return text;
}

}  // namespace systoliq::rtl
