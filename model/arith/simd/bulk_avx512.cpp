// SPDX-License-Identifier: Apache-2.0
// The branchless formulas of bulk_rounding.h on AVX512, eight 64-bit values at a time. Masked forms of some
// conversions, because GCC 12 warns of the plain ones' undefined registers.
#include "model/arith/simd/instruction_sets.h"

#if SYSTOLIQ_X86_KERNELS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 warns of its own header's registers (its bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "model/arith/bulk_rounding.h"

#define SYSTOLIQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

namespace systoliq::model {
namespace {

/// Constants in registers: of a block's channels, or one scale for all lanes.
struct Registers {
  __m512i multiplier, left, right, half, some;
  __m256 factor;
};

SYSTOLIQ_AVX512 inline Registers load(const Block& block) {
  return {_mm512_load_si512(block.multiplier), _mm512_load_si512(block.left), _mm512_load_si512(block.right),
          _mm512_load_si512(block.half),       _mm512_load_si512(block.some), _mm256_loadu_ps(block.factor)};
}

SYSTOLIQ_AVX512 inline Registers broadcast(const Scale& scale) {
  return {_mm512_set1_epi64(scale.multiplier), _mm512_set1_epi64(scale.left), _mm512_set1_epi64(scale.right),
          _mm512_set1_epi64(scale.half),       _mm512_set1_epi64(scale.some), _mm256_set1_ps(scale.factor)};
}

template <BulkForm kForm>
SYSTOLIQ_AVX512 inline __m512i drop(__m512i p, const Registers& k) {
  __m512i addend = _mm512_setzero_si512();
  if (kForm == BulkForm::kHalfUp) addend = k.half;
  if (kForm == BulkForm::kHalfAway || kForm == BulkForm::kDouble) {
    const __m512i sign = _mm512_srai_epi64(p, 63);
    addend = _mm512_add_epi64(k.half, _mm512_and_si512(sign, k.some));
  }
  if (kForm == BulkForm::kHalfEven) {
    const __m512i one = _mm512_set1_epi64(1);
    const __m512i odd = _mm512_and_si512(_mm512_srav_epi64(p, k.right), one);
    addend = _mm512_and_si512(_mm512_add_epi64(_mm512_sub_epi64(k.half, one), odd), k.some);
  }
  return _mm512_srav_epi64(_mm512_add_epi64(p, addend), k.right);
}

/// The multiplication takes the low 32 bits of both.
template <BulkForm kForm>
SYSTOLIQ_AVX512 inline __m512i scale(__m512i value, const Registers& k) {
  if (kForm == BulkForm::kFloat24) {
    const __m256 limit = _mm256_set1_ps(kFloatLimit);
    const __m256 magic = _mm256_set1_ps(kFloatToInteger);
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm512_cvtepi64_epi32(value)), k.factor);
    const __m256 limited = _mm256_min_ps(_mm256_max_ps(scaled, _mm256_sub_ps(_mm256_setzero_ps(), limit)), limit);
    const __m256 rounded = _mm256_sub_ps(_mm256_add_ps(limited, magic), magic);
    return _mm512_cvtepi32_epi64(_mm256_cvtps_epi32(rounded));
  }
  if (kForm != BulkForm::kDouble) return drop<kForm>(_mm512_mul_epi32(value, k.multiplier), k);
  const __m512i product = _mm512_mul_epi32(_mm512_sllv_epi64(value, k.left), k.multiplier);
  const __m512i high = _mm512_srai_epi64(_mm512_add_epi64(product, _mm512_set1_epi64(1 << 30)), 31);
  return drop<kForm>(high, k);
}

struct Range {
  __m512i zero_point, low, high;
};

SYSTOLIQ_AVX512 inline Range broadcast(const OutputRange& range) {
  return {_mm512_set1_epi64(range.zero_point), _mm512_set1_epi64(range.clamp_min), _mm512_set1_epi64(range.clamp_max)};
}

/// Adds the zero point, clamps and stores `lanes`; returns how many of them were clamped.
SYSTOLIQ_AVX512 inline int clamp_and_store(const Range& range, __m512i scaled, __mmask8 lanes, std::int16_t* out) {
  const __m512i value = _mm512_add_epi64(scaled, range.zero_point);
  const __m512i inside = _mm512_min_epi64(_mm512_max_epi64(value, range.low), range.high);
  _mm_mask_storeu_epi16(out, lanes, _mm512_cvtepi64_epi16(inside));
  return __builtin_popcount(_mm512_mask_cmpneq_epi64_mask(lanes, value, inside));
}

__mmask8 first_lanes(int count) { return static_cast<__mmask8>((1U << count) - 1U); }

template <BulkForm kForm>
SYSTOLIQ_AVX512 void requantize_block(const Block& block, const Pixels& pixels, const OutputRange& range,
                                      Findings* findings) {
  const Registers k = load(block);
  const Range limits = broadcast(range);
  const __mmask8 lanes = first_lanes(block.channels);
  __m512i wide = _mm512_setzero_si512();
  std::int64_t clamped = 0;
  for (int p = 0; p < pixels.count; ++p) {
    const __m512i in = _mm512_maskz_loadu_epi64(lanes, pixels.accumulators + p * pixels.pitch);
    const __m512i low_half = _mm512_srai_epi64(_mm512_slli_epi64(in, 32), 32);
    wide = _mm512_or_si512(wide, _mm512_xor_si512(in, low_half));
    clamped += clamp_and_store(limits, scale<kForm>(in, k), lanes, pixels.out + p * pixels.out_pitch);
  }
  findings->clamped += clamped;
  findings->wide |= _mm512_test_epi64_mask(wide, wide) != 0;
}

SYSTOLIQ_AVX512 inline __m512i load_centered(__mmask8 lanes, const std::int16_t* values, __m512i zero_point) {
  return _mm512_sub_epi64(_mm512_cvtepi16_epi64(_mm_maskz_loadu_epi16(lanes, values)), zero_point);
}

template <BulkForm kForm>
SYSTOLIQ_AVX512 std::int64_t add_all(const AddConstants& constants, const AddOperands& operands,
                                     const OutputRange& range) {
  const Registers ka = broadcast(constants.a);
  const Registers kb = broadcast(constants.b);
  const Registers kout = broadcast(constants.out);
  const __m512i zero_a = _mm512_set1_epi64(constants.zero_a);
  const __m512i zero_b = _mm512_set1_epi64(constants.zero_b);
  const Range limits = broadcast(range);
  std::int64_t clamped = 0;
  for (int i = 0; i < operands.count; i += kBlock) {
    const __mmask8 lanes = first_lanes(std::min(kBlock, operands.count - i));
    const __m512i a = load_centered(lanes, operands.a + i, zero_a);
    const __m512i b = load_centered(lanes, operands.b + i, zero_b);
    __m512i scaled;
    if constexpr (kForm == BulkForm::kHalfAway) {
      const __m512i products = _mm512_add_epi64(_mm512_mul_epi32(a, ka.multiplier), _mm512_mul_epi32(b, kb.multiplier));
      scaled = drop<kForm>(products, kout);
    } else {
      const __m512i sum = _mm512_add_epi64(scale<kForm>(_mm512_slli_epi64(a, kAddShift), ka),
                                           scale<kForm>(_mm512_slli_epi64(b, kAddShift), kb));
      scaled = scale<kForm>(sum, kout);
    }
    clamped += clamp_and_store(limits, scaled, lanes, operands.out + i);
  }
  return clamped;
}

}  // namespace

void requantize_block_avx512(BulkForm form, const Block& block, const Pixels& pixels, const OutputRange& range,
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

std::int64_t add_avx512(BulkForm form, const AddConstants& k, const AddOperands& operands, const OutputRange& range) {
  if (form == BulkForm::kHalfAway) return add_all<BulkForm::kHalfAway>(k, operands, range);
  if (form == BulkForm::kHalfUp) return add_all<BulkForm::kHalfUp>(k, operands, range);
  return add_all<BulkForm::kDouble>(k, operands, range);
}

}  // namespace systoliq::model
#endif
