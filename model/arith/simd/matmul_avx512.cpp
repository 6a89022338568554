// SPDX-License-Identifier: Apache-2.0
// The array's arithmetic on AVX512-VNNI: vpdpbusd (four bytes a column) and vpdpwssd (two words a column).
#include "model/arith/simd/instruction_sets.h"

#if SYSTOLIQ_X86_KERNELS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 warns of its own header's registers (its bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "model/arith/simd/matmul_kernels.h"

#define SYSTOLIQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace systoliq::model::kernels {
namespace {

constexpr int kMostPixels = 16;  ///< of one group: with four weight registers and a temporary they fill 32 registers
constexpr int kUnroll = 4;       ///< units taken at once

template <OperandWidth kWidth>
SYSTOLIQ_AVX512 inline __m512i dot(__m512i sum, std::uint32_t activations, __m512i weights) {
  const __m512i everywhere = _mm512_set1_epi32(static_cast<std::int32_t>(activations));
  if constexpr (kWidth == OperandWidth::kByte) return _mm512_dpbusd_epi32(sum, everywhere, weights);
  return _mm512_dpwssd_epi32(sum, everywhere, weights);
}

/// Adds 16 sums to the accumulators that `mask` names.
SYSTOLIQ_AVX512 inline void add_to(std::int64_t* accumulators, __m512i sums, unsigned mask) {
  const __m512i wide[2] = {_mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums)),
                           _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1))};
  for (const __m512i& half : wide) {
    const auto valid = static_cast<__mmask8>(mask);
    const __m512i old = _mm512_maskz_loadu_epi64(valid, accumulators);
    _mm512_mask_storeu_epi64(accumulators, valid, _mm512_add_epi64(old, half));
    accumulators += 8;
    mask >>= 8;
  }
}

/// kPixels pixels × 16 columns, all of the reduction, sums held in registers.
template <OperandWidth kWidth, int kPixels>
SYSTOLIQ_AVX512 void multiply_group(const PackedWeights& weights, const ActivationTile& tile, int first_pixel,
                                    int first_column, std::int64_t* accumulators) {
  const std::int32_t* offsets = tile.pixel_offsets + first_pixel;
  const std::uint32_t* row = weights.units.data() + first_column;
  const std::ptrdiff_t pitch = weights.padded_cols;
  __m512i sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = _mm512_loadu_si512(weights.correction.data() + first_column);
  for (int tap = 0; tap < weights.taps; ++tap) {
    const std::uint32_t* activations = tile.units + tile.tap_offsets[tap];
    int unit = 0;
    for (; unit + kUnroll <= weights.units_per_tap; unit += kUnroll, row += kUnroll * pitch) {
      const __m512i w0 = _mm512_loadu_si512(row);
      const __m512i w1 = _mm512_loadu_si512(row + pitch);
      const __m512i w2 = _mm512_loadu_si512(row + 2 * pitch);
      const __m512i w3 = _mm512_loadu_si512(row + 3 * pitch);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) {
        const std::uint32_t* pixel = activations + offsets[p] + unit;
        sums[p] = dot<kWidth>(sums[p], pixel[0], w0);
        sums[p] = dot<kWidth>(sums[p], pixel[1], w1);
        sums[p] = dot<kWidth>(sums[p], pixel[2], w2);
        sums[p] = dot<kWidth>(sums[p], pixel[3], w3);
      }
    }
    for (; unit < weights.units_per_tap; ++unit, row += pitch) {
      const __m512i w = _mm512_loadu_si512(row);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) sums[p] = dot<kWidth>(sums[p], activations[offsets[p] + unit], w);
    }
  }
  const unsigned mask = (1U << std::min(16, weights.cols - first_column)) - 1U;
  std::int64_t* out = accumulators + static_cast<std::ptrdiff_t>(first_pixel) * weights.cols + first_column;
  for (int p = 0; p < kPixels; ++p) add_to(out + static_cast<std::ptrdiff_t>(p) * weights.cols, sums[p], mask);
}

using Group = void (*)(const PackedWeights&, const ActivationTile&, int, int, std::int64_t*);

template <OperandWidth kWidth, int... kPixels>
constexpr std::array<Group, sizeof...(kPixels)> groups(std::integer_sequence<int, kPixels...>) {
  return {&multiply_group<kWidth, kPixels + 1>...};
}

template <OperandWidth kWidth>
void multiply_all(const PackedWeights& weights, const ActivationTile& tile, std::int64_t* accumulators) {
  static constexpr auto kGroups = groups<kWidth>(std::make_integer_sequence<int, kMostPixels>());
  for (int column = 0; column < weights.cols; column += kColumnsPadding) {
    each_pixel_group(tile.pixels, kMostPixels, [&](int first, int size) {
      kGroups[static_cast<std::size_t>(size - 1)](weights, tile, first, column, accumulators);
    });
  }
}

/// -128 * sum(w) of every column.
SYSTOLIQ_AVX512 void correct_for_offset(PackedWeights* packed) {
  const std::uint32_t* units = packed->units.data();
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(128));
  const std::ptrdiff_t rows = std::ptrdiff_t{packed->taps} * packed->units_per_tap;
  for (int column = 0; column < packed->padded_cols; column += kColumnsPadding) {
    __m512i sum = _mm512_setzero_si512();
    for (std::ptrdiff_t row = 0; row < rows; ++row) {
      sum = _mm512_dpbusd_epi32(sum, offset, _mm512_loadu_si512(units + row * packed->padded_cols + column));
    }
    _mm512_storeu_si512(packed->correction.data() + column, _mm512_sub_epi32(_mm512_setzero_si512(), sum));
  }
}

SYSTOLIQ_AVX512 void pack_bytes(const std::int16_t* activations, int lanes, std::uint8_t* bytes) {
  const __m512i offset = _mm512_set1_epi16(128);
  int lane = 0;
  for (; lane + 32 <= lanes; lane += 32) {
    const __m512i words = _mm512_add_epi16(_mm512_loadu_si512(activations + lane), offset);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes + lane), _mm512_cvtepi16_epi8(words));
  }
  if (lane == lanes) return;
  const __mmask32 in = (1U << (lanes - lane)) - 1U;
  const __mmask32 out = static_cast<__mmask32>((1ULL << ((lanes - lane + 3) / 4 * 4)) - 1U);
  const __m512i words = _mm512_add_epi16(_mm512_maskz_loadu_epi16(in, activations + lane), offset);
  _mm256_mask_storeu_epi8(bytes + lane, out, _mm512_cvtepi16_epi8(words));
}

template <OperandWidth kWidth>
SYSTOLIQ_AVX512 void pack_weights_of(const WeightWords& words, PackedWeights* packed) {
  pack_all_weights<kWidth>(words, packed);
}

}  // namespace

void pack_weights_avx512(const WeightWords& words, PackedWeights* packed) {
  if (packed->width == OperandWidth::kWord) return pack_weights_of<OperandWidth::kWord>(words, packed);
  pack_weights_of<OperandWidth::kByte>(words, packed);
  correct_for_offset(packed);
}

void pack_activations_avx512(OperandWidth width, const std::int16_t* activations, int lanes, std::uint32_t* units) {
  if (width == OperandWidth::kByte) return pack_bytes(activations, lanes, reinterpret_cast<std::uint8_t*>(units));
  std::memcpy(units, activations, static_cast<std::size_t>(lanes) * 2);
  if (lanes % 2 != 0) units[lanes / 2] = static_cast<std::uint16_t>(activations[lanes - 1]);
}

void multiply_accumulate_avx512(const PackedWeights& weights, const ActivationTile& tile, std::int64_t* accumulators) {
  if (weights.width == OperandWidth::kByte) return multiply_all<OperandWidth::kByte>(weights, tile, accumulators);
  multiply_all<OperandWidth::kWord>(weights, tile, accumulators);
}

}  // namespace systoliq::model::kernels
#endif
