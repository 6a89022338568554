// SPDX-License-Identifier: Apache-2.0
// The search for a product whose steps lie where those of XNNPACK's mean do.
#include "sw_ref/quantizer/tflite/xnn_mean.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLowest = -128, kHighest = 127;
constexpr std::int32_t kMostTimes = 127;
constexpr int kSignificandBits = 24;

float mean_factor(const XnnMean& mean) {
  const float ratio = mean.scale_x / mean.scale_y;
  const float share = 1.0F / static_cast<float>(mean.count);
  return ratio * share;
}

float mean_offset(const XnnMean& mean, float factor) {
  const float zeros = static_cast<float>(mean.count * mean.zero_x) * factor;
  return static_cast<float>(mean.zero_y) - zeros;
}

/// By step from kLowest + 1 on: the least sum whose y reaches it; one above the largest sum where none does.
std::vector<std::int64_t> first_sums(const XnnMean& mean) {
  std::vector<std::int64_t> firsts;
  std::int64_t from = mean.count * kLowest;
  for (std::int64_t level = kLowest + 1; level <= kHighest; ++level) {
    std::int64_t low = from, high = mean.count * kHighest + 1;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (mean.of_sum(middle) >= level) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    firsts.push_back(low);
    from = low;
  }
  return firsts;
}

bool has_same_steps(const XnnMean& mean, const XnnMeanForm& form, const std::vector<std::int64_t>& firsts) {
  const std::int64_t lowest = mean.count * kLowest, highest = mean.count * kHighest;
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const std::int64_t level = kLowest + 1 + static_cast<std::int64_t>(i);
    if (firsts[i] <= highest && form.of_sum(mean, firsts[i]) < level) return false;
    if (firsts[i] > lowest && form.of_sum(mean, firsts[i] - 1) >= level) return false;
  }
  return true;
}

/// A factor in the middle of those that reach every step at its sum and not one earlier.
std::optional<float> factor_between(const XnnMean& mean, const XnnMeanForm& form,
                                    const std::vector<std::int64_t>& firsts) {
  double low = 0.0, high = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const double target = static_cast<double>(kLowest + 1 + static_cast<std::int64_t>(i) - mean.zero_y) - 0.5;
    const auto reached = static_cast<double>(form.times * firsts[i] + form.bias);
    const double missed = reached - form.times;
    if (firsts[i] <= mean.count * kHighest) {
      if (reached > 0.0) low = std::fmax(low, target / reached);
      if (reached < 0.0) high = std::fmin(high, target / reached);
    }
    if (firsts[i] > mean.count * kLowest) {
      if (missed > 0.0) high = std::fmin(high, target / missed);
      if (missed < 0.0) low = std::fmax(low, target / missed);
    }
  }
  if (!(low <= high) || std::isinf(high)) return std::nullopt;
  const auto factor = static_cast<float>(low + (high - low) / 2.0);
  return std::isnormal(factor) ? std::optional<float>(factor) : std::nullopt;
}

}  // namespace

std::int64_t XnnMean::of_sum(std::int64_t sum) const {
  const float factor = mean_factor(*this);
  const float product = static_cast<float>(sum) * factor;
  return std::llrint(product + mean_offset(*this, factor));
}

std::int64_t XnnMeanForm::of_sum(const XnnMean& mean, std::int64_t sum) const {
  const float product = static_cast<float>(times * sum + bias) * factor;
  return std::llrint(product) + mean.zero_y;
}

std::optional<XnnMeanForm> xnn_mean_form(const XnnMean& mean) {
  const float factor = mean_factor(mean);
  const float offset = mean_offset(mean, factor);
  if (!std::isnormal(factor) || !std::isfinite(offset)) return std::nullopt;
  const std::vector<std::int64_t> firsts = first_sums(mean);
  const double shift = (double{offset} - mean.zero_y) / double{factor};
  if (std::abs(shift) > 1e12) return std::nullopt;
  for (std::int32_t times = 1; times <= kMostTimes; ++times) {
    const auto nearest = static_cast<std::int64_t>(std::floor(shift * times + 0.5));
    for (const std::int64_t bias : {nearest, nearest + 1, nearest - 1}) {
      XnnMeanForm form{times, bias, static_cast<float>(double{factor} / times)};
      if (has_same_steps(mean, form, firsts)) return form;
      const std::optional<float> between = factor_between(mean, form, firsts);
      if (!between) continue;
      form.factor = *between;
      if (has_same_steps(mean, form, firsts)) return form;
    }
  }
  return std::nullopt;
}

ExactFactor exact_factor(float factor) {
  int exponent = 0;
  const float significand = std::frexp(factor, &exponent);
  return {static_cast<std::int32_t>(std::ldexp(significand, kSignificandBits)), exponent - kSignificandBits};
}

}  // namespace systoliq::sw_ref
