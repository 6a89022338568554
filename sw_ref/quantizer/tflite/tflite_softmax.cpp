// SPDX-License-Identifier: Apache-2.0
// Both forms, a vector at a time.
#include "sw_ref/quantizer/tflite/tflite_softmax.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/tflite/fixed_point.h"
#include "sw_ref/quantizer/tflite/wide_softmax.h"
#include "sw_ref/reference/requantization.h"
#include "types/error.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kDifferenceBits = 5;  ///< integer bits of x - max
constexpr int kSumBits = 12;        ///< integer bits of the sum

int leading_zeros(std::uint32_t value) {
  int zeros = 0;
  while (zeros < 32 && (value >> (31 - zeros) & 1) == 0) ++zeros;
  return zeros;
}

class FixedPoint final {
 public:
  explicit FixedPoint(double real_beta)
      : beta_(fixed::quantize_multiplier(
            std::min(real_beta * static_cast<double>(1 << (31 - kDifferenceBits)), 2147483647.0))),
        lowest_(-fixed::input_radius(kDifferenceBits, beta_.shift)) {}

  void run(const std::vector<std::int32_t>& in, std::vector<std::int32_t>* out) const {
    const std::int32_t largest = *std::max_element(in.begin(), in.end());
    std::int32_t sum = 0;
    for (const std::int32_t value : in) {
      if (value - largest >= lowest_) sum += rounding_divide_by_power_of_two(power(value - largest), kSumBits);
    }
    const int zeros = leading_zeros(static_cast<std::uint32_t>(sum));
    const auto rest = static_cast<std::int32_t>((static_cast<std::uint32_t>(sum) << zeros) - (std::uint32_t{1} << 31));
    const std::int32_t scale = fixed::one_over_one_plus(rest);
    const int shift = kSumBits - zeros + 31 - 8;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int32_t difference = in[i] - largest;
      if (difference < lowest_) {
        (*out)[i] = -128;
        continue;
      }
      const std::int32_t share = rounding_doubling_high_multiply(scale, power(difference));
      (*out)[i] = std::clamp(rounding_divide_by_power_of_two(share, shift) - 128, -128, 127);
    }
  }

 private:
  std::int32_t power(std::int32_t difference) const {
    return fixed::exp_of_negative(fixed::multiply(difference, beta_), kDifferenceBits);
  }

  fixed::Multiplier beta_;
  std::int32_t lowest_;
};

class FloatTable final {
 public:
  explicit FloatTable(float real_beta) {
    for (int distance = 0; distance < 256; ++distance) {
      powers_.push_back(static_cast<float>(std::exp(double{-real_beta * static_cast<float>(distance)})));
    }
  }

  void run(const std::vector<std::int32_t>& in, std::vector<std::int32_t>* out) const {
    const std::int32_t largest = *std::max_element(in.begin(), in.end());
    float sum = 0.0F;
    for (const std::int32_t value : in) sum += nth(powers_, largest - value);
    const float scale = 1.0F / (sum * (1.0F / 256.0F));
    for (std::size_t i = 0; i < in.size(); ++i) {
      const float share = nth(powers_, largest - in[i]) * scale;
      const float half_more = share + 0.5F;
      (*out)[i] = std::clamp(static_cast<std::int32_t>(half_more) - 128, -128, 127);
    }
  }

 private:
  std::vector<float> powers_;  ///< by the distance from the largest
};

template <typename Form>
IntTensor over_channels(const Form& form, const IntTensor& logits) {
  IntTensor result(logits.shape);
  const std::int64_t channels = logits.shape.at(1);
  const std::int64_t pixels = logits.shape.at(2) * logits.shape.at(3);
  std::vector<std::int32_t> in(static_cast<std::size_t>(channels));
  std::vector<std::int32_t> out(in.size());
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::int64_t c = 0; c < channels; ++c) nth(in, c) = nth(logits.data, c * pixels + pixel);
    form.run(in, &out);
    for (std::int64_t c = 0; c < channels; ++c) nth(result.data, c * pixels + pixel) = nth(out, c);
  }
  return result;
}

}  // namespace

void check_softmax(const HostSoftmax& softmax, const QuantizedTensor& in) {
  const QuantizedTensor& out = softmax.output;
  const bool wide = in.bits == 16;
  const float scale = wide ? 0x1p-15F : 0x1p-8F;
  const std::int32_t zero = wide ? 0 : lowest_stored(out.bits);
  if (out.bits == in.bits && (wide || in.bits == 8) && out.scale == scale && out.zero_point == zero) return;
  throw InputError("output '" + out.name + "' of a Softmax has scale " + number_text(out.scale) +
                   " and stored zero point " + std::to_string(out.zero_point) +
                   "; accepted: " + (wide ? "1/32768 and 0" : "1/256 and -128, of 8 bits"));
}

IntTensor tflite_softmax(const HostSoftmax& softmax, const QuantizedTensor& in, Preset preset,
                         const IntTensor& logits) {
  check_softmax(softmax, in);
  if (in.bits == 16) return over_channels(WideSoftmax(double{softmax.beta} * double{in.scale}), logits);
  if (preset == Preset::kXnnFp32) return over_channels(FloatTable(in.scale * softmax.beta), logits);
  return over_channels(FixedPoint(double{softmax.beta} * double{in.scale}), logits);
}

}  // namespace systoliq::sw_ref
