// SPDX-License-Identifier: Apache-2.0
// A logistic function on lines between its values at multiples of 1/24; TANH is 2 * LOGISTIC(2 x) - 1.
#include "sw_ref/quantizer/tflite/wide_sigmoid.h"

#include <cmath>
#include <cstdlib>

#include "types/error.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kEnds = 256;
constexpr double kUnit = 24.0 * 512.0;  ///< x by which 24 segments, of 512 steps each, make 1

/// Where the kernels' tables, measured at all ends, lie one above the nearest integer of 65536 * logistic(i / 24).
constexpr int kOneAbove[] = {4,  8,  12, 14, 15, 16, 17, 19, 20,  21,  22,  25,  27,  28, 29,
                             30, 31, 33, 34, 35, 37, 39, 40, 41,  43,  44,  45,  46,  49, 50,
                             54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255};

std::vector<std::int32_t> segment_ends() {
  std::vector<std::int32_t> ends;
  for (int i = 0; i < kEnds; ++i) {
    ends.push_back(static_cast<std::int32_t>(std::floor(65536.0 / (1.0 + std::exp(-i / 24.0)) + 0.5)));
  }
  for (const int place : kOneAbove) ++ends[static_cast<std::size_t>(place)];
  return ends;
}

/// x in steps of 1/kUnit: stored * multiplier / 2^shift, ties up.
struct Steps {
  std::int32_t multiplier = 0;
  int shift = 0;

  std::int64_t of(std::int32_t stored) const {
    const std::int64_t half = shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
    return (std::int64_t{stored} * multiplier + half) >> shift;
  }
};

Steps steps_of(float scale) {
  constexpr double kTolerance = 1e-3;
  const double exponent = std::log2(double{scale});
  const double nearest = std::round(exponent);
  if (std::abs(exponent - nearest) < kTolerance && (nearest == -12.0 || nearest == -11.0)) {
    return {nearest == -12.0 ? 3 : 6, 0};
  }
  double multiplier = double{scale} * kUnit;
  Steps steps;
  for (; multiplier <= 32767.0 / 2.0 && steps.shift <= 30; ++steps.shift) multiplier *= 2.0;
  if (multiplier >= 65536.0) {
    throw InputError("LOGISTIC or TANH of 16 bits with input scale " + number_text(scale) + "; accepted: below 5.33");
  }
  steps.multiplier = static_cast<std::int32_t>(multiplier);
  return steps;
}

/// On the line of a segment of 2^bits steps; 2^bits times the value.
std::int64_t on_line(const std::vector<std::int32_t>& ends, std::int64_t steps, int bits, std::int64_t beyond) {
  const auto segment = static_cast<std::size_t>(steps >> bits);
  if (segment >= kEnds - 1) return beyond;
  const std::int64_t rest = steps & ((std::int64_t{1} << bits) - 1);
  return (std::int64_t{ends[segment]} << bits) + rest * (ends[segment + 1] - ends[segment]);
}

/// Symmetric around 1/2, one unit of the last place lower below it; of 16 bits and 9 behind the point 15 remain.
std::int32_t logistic(const std::vector<std::int32_t>& ends, std::int64_t steps) {
  const std::int64_t value = on_line(ends, std::abs(steps), 9, std::int64_t{0x7FFF} << 10);
  return static_cast<std::int32_t>((steps >= 0 ? value + 512 : (1 << 25) - value + 511) >> 10);
}

std::int32_t tanh(const std::vector<std::int32_t>& ends, std::int64_t steps) {
  const std::int64_t above_half = on_line(ends, std::abs(steps), 8, std::int64_t{0xFFFF} << 8) - (1 << 23);
  return static_cast<std::int32_t>((steps >= 0 ? above_half + 128 : 127 - above_half) >> 8);
}

}  // namespace

std::vector<std::int32_t> wide_sigmoid_table(TfliteOp op, const QuantizedTensor& in, const QuantizedTensor& out) {
  check(op == TfliteOp::kLogistic || op == TfliteOp::kTanh, "no sigmoid");
  if (in.bits != 16 || out.bits != 16 || out.scale != 0x1p-15F || out.zero_point != 0) {
    throw InputError("LOGISTIC and TANH of 16 bits with output scale " + number_text(out.scale) +
                     "; accepted: 16 bits to 16 bits of scale 1/32768 and zero point 0");
  }
  const std::vector<std::int32_t> ends = segment_ends();
  const Steps steps = steps_of(in.scale);
  std::vector<std::int32_t> table;
  for (std::int32_t stored = -32768; stored < 32768; ++stored) {
    const std::int64_t x = steps.of(stored);
    table.push_back(op == TfliteOp::kTanh ? tanh(ends, x) : logistic(ends, x));
  }
  return table;
}

}  // namespace systoliq::sw_ref
