// SPDX-License-Identifier: Apache-2.0
// Requantisation of tiles, a block of channels at a time.
#include "model/arith/bulk_requantize.h"

#include <utility>

#include "model/arith/bulk_rounding.h"

namespace systoliq::model {
namespace {

constexpr int kBlock = 8;                 ///< channels: one 512-bit register of 64-bit values
constexpr std::int32_t kSmall = 1 << 19;  ///< far beyond every activation

/// The same for a block, member by member.
struct alignas(64) Block {
  std::int64_t multiplier[kBlock] = {}, left[kBlock] = {}, right[kBlock] = {}, half[kBlock] = {}, some[kBlock] = {};
  float factor[kBlock] = {};
};

bool is_small(const OutputRange& range) {
  const auto small = [](std::int32_t value) { return value > -kSmall && value < kSmall; };
  return small(range.zero_point) && small(range.clamp_min) && small(range.clamp_max);
}

/// fp32 arithmetic itself, which scale_float24() spells out; the sum with 1.5 * 2^23 rounds half even to an integer.
SYSTOLIQ_INLINE std::int64_t apply_float(std::int64_t value, float factor) {
  constexpr float kLimit = 4.0F * kSmall;
  constexpr float kMagic = 12582912.0F;
  float scaled = static_cast<float>(static_cast<std::int32_t>(value)) * factor;
  scaled = scaled < -kLimit ? -kLimit : scaled;
  scaled = scaled > kLimit ? kLimit : scaled;
  return static_cast<std::int32_t>((scaled + kMagic) - kMagic);
}

/// What a tile's loop finds out.
struct Findings {
  std::int64_t clamped = 0;
  std::int64_t wide = 0;  ///< not 0: an accumulator beyond 32 bits
};

struct Pixels {
  const std::int64_t* accumulators;
  std::ptrdiff_t pitch;
  std::int16_t* out;
  std::ptrdiff_t out_pitch;
  int count;
};

template <Rounding kRounding>
SYSTOLIQ_INLINE void requantize_block(const Block& block, const Pixels& pixels, const OutputRange& range,
                                      Findings* findings) {
  std::int64_t clamped[kBlock] = {};
  std::int64_t wide[kBlock] = {};
  for (int p = 0; p < pixels.count; ++p) {
    const std::int64_t* in = pixels.accumulators + p * pixels.pitch;
    std::int16_t* out = pixels.out + p * pixels.out_pitch;
    for (int c = 0; c < kBlock; ++c) {
      wide[c] |= in[c] ^ static_cast<std::int32_t>(in[c]);
      const std::int64_t scaled = kRounding == Rounding::kFloat24
                                      ? apply_float(in[c], block.factor[c])
                                      : apply<kRounding>(in[c], block.multiplier[c], block.left[c], block.right[c],
                                                         block.half[c], block.some[c]);
      out[c] = clamp_to(range, scaled, &clamped[c]);
    }
  }
  for (int c = 0; c < kBlock; ++c) {
    findings->clamped += clamped[c];
    findings->wide |= wide[c];
  }
}

SYSTOLIQ_INLINE void requantize_rounding(Rounding rounding, const Block& block, const Pixels& pixels,
                                         const OutputRange& range, Findings* findings) {
  switch (rounding) {
    case Rounding::kDouble:
      return requantize_block<Rounding::kDouble>(block, pixels, range, findings);
    case Rounding::kFloor:
      return requantize_block<Rounding::kFloor>(block, pixels, range, findings);
    case Rounding::kHalfUp:
      return requantize_block<Rounding::kHalfUp>(block, pixels, range, findings);
    case Rounding::kHalfEven:
      return requantize_block<Rounding::kHalfEven>(block, pixels, range, findings);
    case Rounding::kHalfAway:
      return requantize_block<Rounding::kHalfAway>(block, pixels, range, findings);
    case Rounding::kFloat24:
      return requantize_block<Rounding::kFloat24>(block, pixels, range, findings);
  }
}

void requantize_portable(Rounding rounding, const Block& block, const Pixels& pixels, const OutputRange& range,
                         Findings* findings) {
  requantize_rounding(rounding, block, pixels, range, findings);
}

SYSTOLIQ_TARGET_AVX2 void requantize_avx2(Rounding rounding, const Block& block, const Pixels& pixels,
                                          const OutputRange& range, Findings* findings) {
  requantize_rounding(rounding, block, pixels, range, findings);
}

SYSTOLIQ_TARGET_AVX512 void requantize_avx512(Rounding rounding, const Block& block, const Pixels& pixels,
                                              const OutputRange& range, Findings* findings) {
  requantize_rounding(rounding, block, pixels, range, findings);
}

void requantize_on(VectorTarget target, Rounding rounding, const Block& block, const Pixels& pixels,
                   const OutputRange& range, Findings* findings) {
  if (target == VectorTarget::kAvx512Vnni) return requantize_avx512(rounding, block, pixels, range, findings);
  if (target == VectorTarget::kAvx2) return requantize_avx2(rounding, block, pixels, range, findings);
  requantize_portable(rounding, block, pixels, range, findings);
}

Block block_of(const std::vector<Scale>& scales, int first) {
  Block block;
  for (int c = 0; c < kBlock && first + c < static_cast<int>(scales.size()); ++c) {
    const Scale& scale = scales[static_cast<std::size_t>(first + c)];
    block.multiplier[c] = scale.multiplier;
    block.left[c] = scale.left;
    block.right[c] = scale.right;
    block.half[c] = scale.half;
    block.some[c] = scale.some;
    block.factor[c] = scale.factor;
  }
  return block;
}

/// Channels that do not fill a block, pixel by pixel through a whole one; the rest of it is 0 and is not counted.
void requantize_part(VectorTarget target, Rounding rounding, const Block& block, const Pixels& pixels, int channels,
                     const OutputRange& range, Findings* findings) {
  const auto zero_clamps = [&] {
    std::int64_t clamps = 0;
    clamp_to(range, 0, &clamps);
    return clamps;
  }();
  for (int p = 0; p < pixels.count; ++p) {
    std::int64_t in[kBlock] = {};
    std::int16_t out[kBlock];
    std::copy_n(pixels.accumulators + p * pixels.pitch, channels, in);
    requantize_on(target, rounding, block, {in, kBlock, out, kBlock, 1}, range, findings);
    std::copy_n(out, channels, pixels.out + p * pixels.out_pitch);
    findings->clamped -= (kBlock - channels) * zero_clamps;
  }
}

}  // namespace

BulkRequantizer::BulkRequantizer(Preset preset, std::vector<Multiplier> channels, OutputRange range,
                                 VectorTarget target)
    : preset_(preset), channels_(std::move(channels)), range_(range), target_(target) {
  scales_.resize(channels_.size());
  in_bulk_ = is_small(range);
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    in_bulk_ = in_bulk_ && scale_of(rounding_of(preset), is_shift_only(preset), channels_[c], &scales_[c]);
  }
}

std::int64_t BulkRequantizer::run(const std::int64_t* accumulators, int pixels, int pitch, std::int16_t* out,
                                  int out_pitch) const {
  if (!in_bulk_) return run_scalar(accumulators, pixels, pitch, out, out_pitch);
  const Rounding rounding = rounding_of(preset_);
  const int channels = static_cast<int>(channels_.size());
  Findings findings;
  for (int first = 0; first < channels; first += kBlock) {
    const Block block = block_of(scales_, first);
    const Pixels part = {accumulators + first, pitch, out + first, out_pitch, pixels};
    if (first + kBlock <= channels) {
      requantize_on(target_, rounding, block, part, range_, &findings);
    } else {
      requantize_part(target_, rounding, block, part, channels - first, range_, &findings);
    }
  }
  if (findings.wide != 0) return run_scalar(accumulators, pixels, pitch, out, out_pitch);
  return findings.clamped;
}

std::int64_t BulkRequantizer::run_scalar(const std::int64_t* accumulators, int pixels, int pitch, std::int16_t* out,
                                         int out_pitch) const {
  std::int64_t clamped = 0;
  for (int p = 0; p < pixels; ++p, accumulators += pitch, out += out_pitch) {
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      out[c] =
          clamp_to(range_, requantize(preset_, accumulators[c], channels_[c].multiplier, channels_[c].shift), &clamped);
    }
  }
  return clamped;
}

}  // namespace systoliq::model
