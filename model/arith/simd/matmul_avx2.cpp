// SPDX-License-Identifier: Apache-2.0
// The array's arithmetic on AVX2: vpmaddwd, two words a column. (Its byte instruction saturates, so it is not exact.)
#include "model/arith/simd/instruction_sets.h"

#if SYSTOLIQ_X86_KERNELS
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/arith/simd/matmul_kernels.h"

#define SYSTOLIQ_AVX2 __attribute__((target("avx2")))

namespace systoliq::model::kernels {
namespace {

constexpr int kMostPixels = 8;  ///< sums, weights and temporaries fill 16 registers
constexpr int kColumns = 8;     ///< of one register

/// kPixels pixels × 8 columns, all of the reduction, sums held in registers.
template <int kPixels>
SYSTOLIQ_AVX2 void multiply_group(const PackedWeights& weights, const ActivationTile& tile, int first_pixel,
                                  int first_column, std::int64_t* accumulators) {
  const std::int32_t* offsets = tile.pixel_offsets + first_pixel;
  const std::uint32_t* row = weights.units.data() + first_column;
  __m256i sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = _mm256_setzero_si256();
  for (int tap = 0; tap < weights.taps; ++tap) {
    const std::uint32_t* activations = tile.units + tile.tap_offsets[tap];
    for (int unit = 0; unit < weights.units_per_tap; ++unit, row += weights.padded_cols) {
      const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
#pragma GCC unroll 8
      for (int p = 0; p < kPixels; ++p) {
        const __m256i pair = _mm256_set1_epi32(static_cast<std::int32_t>(activations[offsets[p] + unit]));
        sums[p] = _mm256_add_epi32(sums[p], _mm256_madd_epi16(pair, w));
      }
    }
  }
  const int valid = std::min(kColumns, weights.cols - first_column);
  std::int64_t* out = accumulators + static_cast<std::ptrdiff_t>(first_pixel) * weights.cols + first_column;
  for (int p = 0; p < kPixels; ++p, out += weights.cols) {
    alignas(32) std::int32_t sum[kColumns];
    _mm256_store_si256(reinterpret_cast<__m256i*>(sum), sums[p]);
    for (int c = 0; c < valid; ++c) out[c] += sum[c];
  }
}

using Group = void (*)(const PackedWeights&, const ActivationTile&, int, int, std::int64_t*);

template <int... kPixels>
constexpr std::array<Group, sizeof...(kPixels)> groups(std::integer_sequence<int, kPixels...>) {
  return {&multiply_group<kPixels + 1>...};
}

}  // namespace

SYSTOLIQ_AVX2 void pack_weights_avx2(const WeightWords& words, PackedWeights* packed) {
  pack_all_weights<OperandWidth::kWord>(words, packed);
}

void multiply_accumulate_avx2(const PackedWeights& weights, const ActivationTile& tile, std::int64_t* accumulators) {
  static constexpr auto kGroups = groups(std::make_integer_sequence<int, kMostPixels>());
  for (int column = 0; column < weights.cols; column += kColumns) {
    each_pixel_group(tile.pixels, kMostPixels, [&](int first, int size) {
      kGroups[static_cast<std::size_t>(size - 1)](weights, tile, first, column, accumulators);
    });
  }
}

}  // namespace systoliq::model::kernels
#endif
