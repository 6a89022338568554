// SPDX-License-Identifier: Apache-2.0
// Scales of POST commands with which single bits of products, quotients and remainders decide a result.
#include <algorithm>
#include <limits>

#include "rtl_cosim/unit/random_post.h"

namespace systoliq::rtl {
namespace {

constexpr int kHeadroomBits = 20;  ///< operands of an add are taken times 2^20
constexpr int kScaleBits = 31;     ///< a multiplier of 2^31 stands for 1
constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max();

}  // namespace

/// 2^k, now and then a few bits more: a product holds the operand's bits from k on, wherever that is.
std::int32_t RandomPost::thin_multiplier(int k) {
  std::int64_t multiplier = std::int64_t{1} << k;
  if (random_.one_in(3)) multiplier |= random_.between(0, 7) << std::max(0, k - between(1, 6));
  return static_cast<std::int32_t>(std::min<std::int64_t>(multiplier, kLargest));
}

/// ONNX Runtime's form: sum of products by 2^k, shifted to the right by k or nearly so.
void RandomPost::add_thin_ratios(model::Post* post) {
  const int k = between(0, 30);
  post->multiplier = thin_multiplier(k);
  post->multiplier2 = thin_multiplier(std::clamp(k + between(-3, 3), 0, 30));
  post->shift3 = std::max(0, k + between(-1, 2));
}

/// TFLite's forms: operands times 2^e, sum times 2^k, and a last shift after which the result has the operands' size.
void RandomPost::add_thin(Preset preset, model::Post* post) {
  if (traits_of(preset).add_form == AddForm::kRatios) return add_thin_ratios(post);
  const bool once = traits_of(preset).add_form == AddForm::kSingleRounding;
  const auto operand = [this](int exponent, std::int32_t* multiplier, std::int32_t* shift) {
    const int k = between(std::max(0, exponent), 30);
    *multiplier = thin_multiplier(k);
    *shift = exponent - k;
  };
  const int exponent = between(8, 30);  // of the multiplier and shift together
  operand(exponent, &post->multiplier, &post->shift);
  operand(std::clamp(exponent + between(-3, 3), 0, 30), &post->multiplier2, &post->shift2);
  const int k = between(once ? 0 : 8, 30);  // else the sum, shifted to the left first, wraps
  post->multiplier3 = thin_multiplier(k);
  post->shift3 = std::min(2 * kScaleBits - kHeadroomBits - exponent - k + between(-1, 2), once ? kScaleBits : 63);
}

/// The average of equal taps is the tap times a power of two, exactly or as a tie; with one above 1 the numerator is
/// shifted. Zero points at an end of the range let every average lie within it.
void RandomPost::exact_scale(model::Post* post) {
  post->pad_top = post->pad_left = 0;
  post->divisor = random_.one_in(4) ? 1 << between(0, 30) : between(1 << 30, kLargest);
  post->multiplier = post->divisor;
  if (random_.one_in(3)) {
    post->shift = between(0, 8);
    post->multiplier >>= post->shift;
  } else {
    post->shift = random_.one_in(3) ? between(-4, -3) : between(-2, -1);
  }
  if (random_.one_in(4)) return;
  const int end = 1 << (config_.datatypes.activation_bits - 1);
  post->source_zero_point = post->output_zero_point = random_.one_in(2) ? -end : end - 1;
  post->clamp_min = -end;
  post->clamp_max = end - 1;
}

}  // namespace systoliq::rtl
