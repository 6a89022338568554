// SPDX-License-Identifier: Apache-2.0
// Residual add of tiles.
#include <cstdlib>

#include "model/arith/bulk_rounding.h"

namespace systoliq::model {
namespace {

template <BulkForm kForm>
std::int64_t add_all(const AddConstants& k, const AddOperands& operands, const OutputRange& range) {
  std::int64_t clamped = 0;
  for (int i = 0; i < operands.count; ++i) {
    const std::int64_t a = operands.a[i] - k.zero_a;
    const std::int64_t b = operands.b[i] - k.zero_b;
    std::int64_t scaled = 0;
    if (kForm == BulkForm::kHalfAway) {
      scaled = shift_right<kForm>(a * k.a.multiplier + b * k.b.multiplier, k.out.right, k.out.half, k.out.some);
    } else {
      const std::int64_t sum =
          apply<kForm>(a * (1 << kAddShift), k.a.multiplier, k.a.left, k.a.right, k.a.half, k.a.some) +
          apply<kForm>(b * (1 << kAddShift), k.b.multiplier, k.b.left, k.b.right, k.b.half, k.b.some);
      scaled = apply<kForm>(sum, k.out.multiplier, k.out.left, k.out.right, k.out.half, k.out.some);
    }
    operands.out[i] = clamp_to(range, scaled, &clamped);
  }
  return clamped;
}

std::int64_t add_portable(BulkForm form, const AddConstants& k, const AddOperands& operands, const OutputRange& range) {
  if (form == BulkForm::kHalfAway) return add_all<BulkForm::kHalfAway>(k, operands, range);
  if (form == BulkForm::kHalfUp) return add_all<BulkForm::kHalfUp>(k, operands, range);
  return add_all<BulkForm::kDouble>(k, operands, range);
}

constexpr std::int64_t kMostZeroPoint = 256;

BulkForm add_form_of(Preset preset) {
  switch (traits_of(preset).add_form) {
    case AddForm::kRatios:
      return BulkForm::kHalfAway;
    case AddForm::kSingleRounding:
      return BulkForm::kHalfUp;
    case AddForm::kDoubleRounding:
    case AddForm::kDoubleOf15:
    case AddForm::kRatiosUp:  // one sum at a time, as kFloat
    case AddForm::kFloat:
      break;
  }
  return BulkForm::kDouble;
}

/// False where an intermediate could exceed the 64-bit formulas: centered operands have 9 bits, scaled up 29, and
/// multipliers that do not enlarge them leave the sum below 31 bits.
bool constants_of(Preset preset, const AddScales& scales, int activation_bits, AddConstants* k) {
  const AddForm sum = traits_of(preset).add_form;
  if (sum == AddForm::kRatiosUp || sum == AddForm::kFloat || sum == AddForm::kDoubleOf15) return false;
  if (activation_bits > 8 || std::abs(k->zero_a) > kMostZeroPoint || std::abs(k->zero_b) > kMostZeroPoint) return false;
  if (sum == AddForm::kRatios) {
    k->a.multiplier = scales.multiplier_a;
    k->b.multiplier = scales.multiplier_b;
    k->out.right = scales.shift_out;
    if (scales.shift_out < 1 || scales.shift_out > 62) return false;
    k->out.half = std::int64_t{1} << (scales.shift_out - 1);
    k->out.some = -1;
    return true;
  }
  const BulkForm form = add_form_of(preset);
  return scales.shift_a <= 0 && scales.shift_b <= 0 &&
         scale_of(form, false, {scales.multiplier_a, scales.shift_a}, &k->a) &&
         scale_of(form, false, {scales.multiplier_b, scales.shift_b}, &k->b) &&
         scale_of(form, false, {scales.multiplier_out, scales.shift_out}, &k->out);
}

}  // namespace

BulkAdder::BulkAdder(Preset preset, const AddScales& scales, std::int32_t zero_point_a, std::int32_t zero_point_b,
                     OutputRange range, int activation_bits, VectorTarget target)
    : preset_(preset),
      scales_(scales),
      zero_point_a_(zero_point_a),
      zero_point_b_(zero_point_b),
      range_(range),
      activation_bits_(activation_bits),
      target_(target) {}

std::int64_t BulkAdder::run(const std::int16_t* a, const std::int16_t* b, int count, std::int16_t* out) const {
  AddConstants k;
  k.zero_a = zero_point_a_;
  k.zero_b = zero_point_b_;
  if (constants_of(preset_, scales_, activation_bits_, &k)) {
    const BulkForm form = add_form_of(preset_);
    const AddOperands operands = {a, b, out, count};
    if (target_ == VectorTarget::kAvx512Vnni) return add_avx512(form, k, operands, range_);
    return add_portable(form, k, operands, range_);
  }
  std::int64_t clamped = 0;
  for (int i = 0; i < count; ++i) {
    out[i] = clamp_to(range_, residual_add(preset_, a[i] - zero_point_a_, b[i] - zero_point_b_, scales_), &clamped);
  }
  return clamped;
}

}  // namespace systoliq::model
