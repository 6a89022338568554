// SPDX-License-Identifier: Apache-2.0
// Integers throughout, but for the tables.
#include "sw_ref/quantizer/tflite/wide_softmax.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/tflite/fixed_point.h"
#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kSegments = 512;
constexpr int kSegmentBits = 7;  ///< integers of a segment: 2^7
constexpr std::int32_t kLowest = -32768, kHighest = 32767;
constexpr double kOne = 32768.0;      ///< 1 in the tables
constexpr double kFarthest = 10.0;    ///< e^-10 counts as the least power
constexpr std::size_t kMost = 65535;  ///< sums of so many powers fit 31 bits

std::int32_t limited(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, kLowest, kHighest));
}

/// The ends of all segments from `low` to `high`, each moved by half of what the line misses in the middle of its
/// segment. All roundings go half away from zero.
template <typename Function>
std::vector<std::int32_t> segment_ends(double low, double high, Function function) {
  const double step = (high - low) / kSegments;
  std::vector<std::int32_t> ends;
  for (int i = 0; i < kSegments; ++i) {
    const double start = low + i * step;
    const double here = std::round(function(start) * kOne);
    const double next = function(low + (i + 1) * step) * kOne;
    const double on_line = std::round((next + here) / 2.0);
    const double missed = on_line - std::round(function(start + step / 2.0) * kOne);
    ends.push_back(limited(static_cast<std::int64_t>(here - std::round(missed / 2.0))));
  }
  ends.push_back(limited(static_cast<std::int64_t>(std::round(function(high) * kOne))));
  return ends;
}

/// On the line of the segment that `place`, of 16 bits, lies in.
std::int32_t interpolated(const std::vector<std::int32_t>& ends, std::int32_t place) {
  const std::int32_t from_lowest = place - kLowest;
  const std::int32_t segment = from_lowest >> kSegmentBits;
  const std::int32_t rest = from_lowest & ((1 << kSegmentBits) - 1);
  const std::int32_t start = nth(ends, segment);
  const std::int32_t rise = (nth(ends, segment + 1) - start) * rest;
  return start + ((rise + (1 << (kSegmentBits - 1))) >> kSegmentBits);
}

int bit_length(std::int64_t value) {
  int bits = 0;
  while (value >> bits != 0) ++bits;
  return bits;
}

}  // namespace

WideSoftmax::WideSoftmax(double real_beta)
    : powers_(segment_ends(-kFarthest, 0.0, [](double x) { return std::exp(x); })),
      reciprocals_(segment_ends(0.0, 1.0, [](double x) { return 1.0 / (1.0 + x); })) {
  const fixed::Multiplier beta = fixed::quantize_multiplier(real_beta / (kFarthest / 65535.0));
  multiplier_ = beta.multiplier;
  shift_ = beta.shift;
  if (shift_ > 14) throw InputError("a Softmax of 16 bits with an input scale of 2.5 or more; accepted: a smaller one");
}

std::int32_t WideSoftmax::power(std::int32_t difference) const {
  const std::int64_t scaled = fixed::multiply(difference, {multiplier_, shift_});
  return interpolated(powers_, limited(scaled + kHighest));
}

void WideSoftmax::run(const std::vector<std::int32_t>& in, std::vector<std::int32_t>* out) const {
  if (in.empty() || in.size() > kMost) {
    throw InputError("a Softmax of " + std::to_string(in.size()) + " values of 16 bits; accepted: 1 to 65535");
  }
  const std::int32_t largest = *std::max_element(in.begin(), in.end());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < in.size(); ++i) sum += (*out)[i] = power(in[i] - largest);
  // 1 + x with x in [0, 1): 16 bits behind the point, ties up.
  const int length = bit_length(sum);
  const std::int64_t one_plus_x = ((sum << (31 - length)) + (1 << 13)) >> 14;
  const std::int32_t share = interpolated(reciprocals_, limited(one_plus_x - (1 << 16) + kLowest));
  const int right = length - 1;
  for (std::int32_t& value : *out) {
    const std::int64_t result = (std::int64_t{value} * share + (std::int64_t{1} << (right - 1))) >> right;
    value = static_cast<std::int32_t>(std::clamp<std::int64_t>(result, 0, kHighest));
  }
}

}  // namespace systoliq::sw_ref
