// SPDX-License-Identifier: Apache-2.0
// Requantization of tiles, a block of channels at a time.
#include "model/arith/bulk_requantize.h"

#include <utility>

#include "model/arith/bulk_rounding.h"

namespace systoliq::model {
namespace {

constexpr std::int32_t kSmall = 1 << 19;  ///< far beyond every activation, within kFloatLimit

bool is_small(const OutputRange& range) {
  const auto small = [](std::int32_t value) { return value > -kSmall && value < kSmall; };
  return small(range.zero_point) && small(range.clamp_min) && small(range.clamp_max);
}

template <BulkForm kForm>
void requantize_block(const Block& block, const Pixels& pixels, const OutputRange& range, Findings* findings) {
  for (int p = 0; p < pixels.count; ++p) {
    const std::int64_t* in = pixels.accumulators + p * pixels.pitch;
    std::int16_t* out = pixels.out + p * pixels.out_pitch;
    for (int c = 0; c < block.channels; ++c) {
      findings->wide |= in[c] != static_cast<std::int32_t>(in[c]);
      const std::int64_t scaled =
          kForm == BulkForm::kFloat24
              ? apply_float(in[c], block.factor[c])
              : apply<kForm>(in[c], block.multiplier[c], block.left[c], block.right[c], block.half[c], block.some[c]);
      out[c] = clamp_to(range, scaled, &findings->clamped);
    }
  }
}

void requantize_portable(BulkForm form, const Block& block, const Pixels& pixels, const OutputRange& range,
                         Findings* findings) {
  switch (form) {
    case BulkForm::kDouble:
      return requantize_block<BulkForm::kDouble>(block, pixels, range, findings);
    case BulkForm::kFloor:
      return requantize_block<BulkForm::kFloor>(block, pixels, range, findings);
    case BulkForm::kHalfUp:
      return requantize_block<BulkForm::kHalfUp>(block, pixels, range, findings);
    case BulkForm::kHalfEven:
      return requantize_block<BulkForm::kHalfEven>(block, pixels, range, findings);
    case BulkForm::kHalfAway:
      return requantize_block<BulkForm::kHalfAway>(block, pixels, range, findings);
    case BulkForm::kFloat24:
      return requantize_block<BulkForm::kFloat24>(block, pixels, range, findings);
  }
}

Block block_of(const std::vector<Scale>& scales, int first) {
  Block block;
  block.channels = std::min(kBlock, static_cast<int>(scales.size()) - first);
  for (int c = 0; c < block.channels; ++c) {
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

}  // namespace

BulkRequantizer::BulkRequantizer(Preset preset, std::vector<Multiplier> channels, OutputRange range,
                                 VectorTarget target)
    : preset_(preset), channels_(std::move(channels)), range_(range), target_(target) {
  scales_.resize(channels_.size());
  in_bulk_ = is_small(range) && traits_of(preset).scaling != Scaling::kBinary64;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    in_bulk_ = in_bulk_ && scale_of(bulk_form_of(preset), is_shift_only(preset), channels_[c], &scales_[c]);
  }
}

std::int64_t BulkRequantizer::run(const std::int64_t* accumulators, int pixels, int pitch, std::int16_t* out,
                                  int out_pitch) const {
  if (!in_bulk_) return run_scalar(accumulators, pixels, pitch, out, out_pitch);
  const BulkForm form = bulk_form_of(preset_);
  const int channels = static_cast<int>(channels_.size());
  Findings findings;
  for (int first = 0; first < channels; first += kBlock) {
    const Block block = block_of(scales_, first);
    const Pixels part = {accumulators + first, pitch, out + first, out_pitch, pixels};
    if (target_ == VectorTarget::kAvx512Vnni) {
      requantize_block_avx512(form, block, part, range_, &findings);
    } else {
      requantize_portable(form, block, part, range_, &findings);
    }
  }
  if (findings.wide) return run_scalar(accumulators, pixels, pitch, out, out_pitch);
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
