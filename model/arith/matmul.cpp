// SPDX-License-Identifier: Apache-2.0
// The array's arithmetic on vector instructions, chosen at run time; every target gives the same integers.
#include "model/arith/matmul.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "model/arith/requantize.h"

namespace systoliq::model {
namespace {

constexpr int kLanes = 16;  ///< columns of one vector register

/// Weights as pairs of rows per column, columns padded to whole vectors: packed[(k/2 * padded + c) * 2 + k%2].
void interleave(const std::int16_t* weights, int depth, int cols, int padded, std::vector<std::int16_t>* packed) {
  packed->assign(static_cast<std::size_t>((depth + 1) / 2) * static_cast<std::size_t>(padded) * 2, 0);
  for (int k = 0; k < depth; ++k) {
    std::int16_t* row = packed->data() + static_cast<std::ptrdiff_t>(k / 2) * padded * 2 + k % 2;
    for (int c = 0; c < cols; ++c) row[2 * c] = weights[static_cast<std::ptrdiff_t>(k) * cols + c];
  }
}

std::int32_t load_pair(const std::int16_t* activations, int k, int depth) {
  std::int16_t pair[2] = {activations[k], k + 1 < depth ? activations[k + 1] : std::int16_t{0}};
  std::int32_t bits = 0;
  std::memcpy(&bits, pair, sizeof bits);
  return bits;
}

/// kPixels pixels × one vector of columns, all of the reduction, sums held in registers.
template <int kPixels>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void block_vnni(const std::int16_t* const* activations,
                                                                       const std::int16_t* packed, int depth,
                                                                       int padded, int cols, int valid,
                                                                       std::int32_t* accumulators) {
  const auto mask = static_cast<__mmask16>((1U << valid) - 1U);
  __m512i sums[kPixels];
  for (int p = 0; p < kPixels; ++p)
    sums[p] = _mm512_maskz_loadu_epi32(mask, accumulators + static_cast<std::ptrdiff_t>(p) * cols);
  int k = 0;
  for (; k + 1 < depth; k += 2) {
    const __m512i weights = _mm512_loadu_si512(packed + static_cast<std::ptrdiff_t>(k / 2) * padded * 2);
    for (int p = 0; p < kPixels; ++p) {
      std::int32_t pair = 0;
      std::memcpy(&pair, activations[p] + k, sizeof pair);
      sums[p] = _mm512_dpwssd_epi32(sums[p], _mm512_set1_epi32(pair), weights);
    }
  }
  if (k < depth) {
    const __m512i weights = _mm512_loadu_si512(packed + static_cast<std::ptrdiff_t>(k / 2) * padded * 2);
    for (int p = 0; p < kPixels; ++p) {
      sums[p] = _mm512_dpwssd_epi32(sums[p], _mm512_set1_epi32(load_pair(activations[p], k, depth)), weights);
    }
  }
  for (int p = 0; p < kPixels; ++p) {
    _mm512_mask_storeu_epi32(accumulators + static_cast<std::ptrdiff_t>(p) * cols, mask, sums[p]);
  }
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) void matmul_vnni(const std::int16_t* const* activations,
                                                                        const std::int16_t* packed, int pixels,
                                                                        int depth, int padded, int cols,
                                                                        std::int32_t* accumulators) {
  for (int c = 0; c < cols; c += kLanes) {
    const int valid = std::min(kLanes, cols - c);
    const std::int16_t* columns = packed + 2 * c;
    int p = 0;
    for (; p + 12 <= pixels; p += 12) {
      block_vnni<12>(activations + p, columns, depth, padded, cols, valid,
                     accumulators + static_cast<std::ptrdiff_t>(p) * cols + c);
    }
    for (; p + 4 <= pixels; p += 4) {
      block_vnni<4>(activations + p, columns, depth, padded, cols, valid,
                    accumulators + static_cast<std::ptrdiff_t>(p) * cols + c);
    }
    for (; p < pixels; ++p) {
      block_vnni<1>(activations + p, columns, depth, padded, cols, valid,
                    accumulators + static_cast<std::ptrdiff_t>(p) * cols + c);
    }
  }
}

__attribute__((target("avx2"))) void pixel_avx2(const std::int16_t* activations, const std::int16_t* packed, int depth,
                                                int padded, int cols, std::int32_t* accumulators) {
  for (int c = 0; c < cols; c += 8) {
    alignas(32) std::int32_t sums[8] = {};
    const int valid = std::min(8, cols - c);
    std::copy_n(accumulators + c, valid, sums);
    __m256i sum = _mm256_load_si256(reinterpret_cast<const __m256i*>(sums));
    for (int k = 0; k < depth; k += 2) {
      const auto* weights = packed + static_cast<std::ptrdiff_t>(k / 2) * padded * 2 + 2 * c;
      const __m256i products = _mm256_madd_epi16(_mm256_set1_epi32(load_pair(activations, k, depth)),
                                                 _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights)));
      sum = _mm256_add_epi32(sum, products);
    }
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums), sum);
    std::copy_n(sums, valid, accumulators + c);
  }
}

void pixel_portable(const std::int16_t* activations, const std::int16_t* weights, int depth, int cols,
                    std::int32_t* accumulators) {
  for (int k = 0; k < depth; ++k) {
    for (int c = 0; c < cols; ++c)
      accumulators[c] += activations[k] * weights[static_cast<std::ptrdiff_t>(k) * cols + c];
  }
}

}  // namespace

bool is_available(VectorTarget target) {
  static const bool kVnni = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw");
  static const bool kAvx2 = __builtin_cpu_supports("avx2");
  switch (target) {
    case VectorTarget::kPortable:
      return true;
    case VectorTarget::kAvx2:
      return kAvx2;
    case VectorTarget::kAvx512Vnni:
      return kVnni;
  }
  return false;
}

void matmul_exact(const std::int16_t* const* activations, const std::int16_t* weights, int pixels, int depth, int cols,
                  std::int32_t* accumulators) {
  const VectorTarget target = is_available(VectorTarget::kAvx512Vnni) ? VectorTarget::kAvx512Vnni
                              : is_available(VectorTarget::kAvx2)     ? VectorTarget::kAvx2
                                                                      : VectorTarget::kPortable;
  matmul_exact_on(target, activations, weights, pixels, depth, cols, accumulators);
}

void matmul_exact_on(VectorTarget target, const std::int16_t* const* activations, const std::int16_t* weights,
                     int pixels, int depth, int cols, std::int32_t* accumulators) {
  if (target == VectorTarget::kPortable) {
    for (int p = 0; p < pixels; ++p) {
      pixel_portable(activations[p], weights, depth, cols, accumulators + static_cast<std::ptrdiff_t>(p) * cols);
    }
    return;
  }
  thread_local std::vector<std::int16_t> packed;
  const int padded = (cols + kLanes - 1) / kLanes * kLanes;
  interleave(weights, depth, cols, padded, &packed);
  if (target == VectorTarget::kAvx512Vnni) {
    matmul_vnni(activations, packed.data(), pixels, depth, padded, cols, accumulators);
    return;
  }
  for (int p = 0; p < pixels; ++p) {
    pixel_avx2(activations[p], packed.data(), depth, padded, cols,
               accumulators + static_cast<std::ptrdiff_t>(p) * cols);
  }
}

std::int64_t accumulate_in_order(const std::int16_t* const* activations, const std::int16_t* weights, int pixels,
                                 int depth, int cols, int accumulator_bits, Overflow overflow,
                                 std::int64_t* accumulators) {
  std::int64_t overflows = 0;
  const auto limit = [&](std::int64_t value) {
    bool overflowed = false;
    const std::int64_t narrowed = narrow(value, accumulator_bits, overflow, &overflowed);
    overflows += overflowed ? 1 : 0;
    return narrowed;
  };
  for (int p = 0; p < pixels; ++p) {
    for (int c = 0; c < cols; ++c) {
      std::int64_t sum = 0;
      for (int k = 0; k < depth; ++k) {
        sum = limit(sum + std::int64_t{activations[p][k]} * weights[static_cast<std::ptrdiff_t>(k) * cols + c]);
      }
      std::int64_t& accumulator = accumulators[static_cast<std::ptrdiff_t>(p) * cols + c];
      accumulator = limit(accumulator + sum);
    }
  }
  return overflows;
}

}  // namespace systoliq::model
