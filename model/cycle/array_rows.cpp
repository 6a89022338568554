// SPDX-License-Identifier: Apache-2.0
// The loops, each written once and compiled for three instruction sets.
#include "model/cycle/array_rows.h"

#include <algorithm>

#include "model/arith/simd/instruction_sets.h"

namespace systoliq::model::cycle {
namespace {

#define SYSTOLIQ_INLINE __attribute__((always_inline)) inline

SYSTOLIQ_INLINE void add_row(int cols, const std::int32_t* __restrict arriving, std::int32_t* __restrict moved,
                             const std::int32_t* __restrict weights, const std::int32_t* __restrict above,
                             std::int32_t* __restrict sums) {
  for (int c = 0; c < cols; ++c) {
    const std::int32_t activation = arriving[c];
    moved[c] = activation;
    sums[c] = above[c] + activation * weights[c];
  }
}

SYSTOLIQ_INLINE void first_row(int cols, const std::int32_t* __restrict arriving, std::int32_t* __restrict moved,
                               const std::int32_t* __restrict weights, std::int32_t* __restrict sums) {
  for (int c = 0; c < cols; ++c) {
    const std::int32_t activation = arriving[c];
    moved[c] = activation;
    sums[c] = activation * weights[c];
  }
}

SYSTOLIQ_INLINE void rows_below(const ArrayRows& a, int cols, std::int32_t* sums) {
  for (int r = a.rows - 1; r > 0; --r) {  // from the bottom up, since each row needs the old sums of the one above
    const std::ptrdiff_t at = r * a.pitch;
    add_row(cols, a.arriving + at - 1, a.moved + at, a.weights + at, sums + at - a.pitch, sums + at);
  }
  first_row(cols, a.arriving - 1, a.moved, a.weights, sums);
}

SYSTOLIQ_INLINE void all_rows(const ArrayRows& a, std::int32_t* sums) {
  if (a.cols == 16) {  // a count known to the compiler
    rows_below(a, 16, sums);
  } else {
    rows_below(a, a.cols, sums);
  }
}

template <bool kSaturate>
SYSTOLIQ_INLINE std::int64_t narrow(std::int64_t total, int unused_bits, std::int64_t low, std::int64_t high) {
  if (kSaturate) return std::min(std::max(total, low), high);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(total) << unused_bits) >> unused_bits;
}

template <bool kSaturate>
SYSTOLIQ_INLINE std::int64_t all_rows_narrowed(const ArrayRows& a, int bits, std::int64_t* sums) {
  const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
  const std::int64_t low = -high - 1;
  std::int64_t overflows = 0;
  for (int r = a.rows - 1; r >= 0; --r) {
    const std::ptrdiff_t at = r * a.pitch;
    const std::int32_t* __restrict arriving = a.arriving + at - 1;
    const std::int32_t* __restrict weights = a.weights + at;
    std::int32_t* __restrict moved = a.moved + at;
    std::int64_t* __restrict out = sums + at;
    const std::int64_t* __restrict above = sums + at - a.pitch;  // row -1 holds zeros
    for (int c = 0; c < a.cols; ++c) {
      const std::int32_t activation = arriving[c];
      moved[c] = activation;
      const std::int64_t total = above[c] + std::int64_t{activation} * weights[c];
      const std::int64_t narrowed = narrow<kSaturate>(total, 64 - bits, low, high);
      overflows += total != narrowed ? 1 : 0;
      out[c] = narrowed;
    }
  }
  return overflows;
}

template <bool kSaturate>
SYSTOLIQ_INLINE std::int64_t all_rows_stationary(const ArrayRows& a, const std::int32_t* top, int bits,
                                                 std::int64_t* sums) {
  const std::int64_t high = (std::int64_t{1} << (bits - 1)) - 1;
  const std::int64_t low = -high - 1;
  std::int64_t overflows = 0;
  for (int r = a.rows - 1; r >= 0; --r) {  // from the bottom up, since weights come from the row above
    const std::ptrdiff_t at = r * a.pitch;
    const std::int32_t* __restrict arriving = a.arriving + at - 1;
    const std::int32_t* __restrict weights = r == 0 ? top : a.weights + at - a.pitch;
    std::int32_t* __restrict moved = a.moved + at;
    std::int32_t* __restrict lowered = a.weights + at;
    std::int64_t* __restrict out = sums + at;
    for (int c = 0; c < a.cols; ++c) {
      const std::int32_t activation = arriving[c];
      const std::int32_t weight = weights[c];
      moved[c] = activation;
      lowered[c] = weight;
      const std::int64_t product = std::int64_t{activation} * weight;
      const auto total =  // a start value may be any
          static_cast<std::int64_t>(static_cast<std::uint64_t>(out[c]) + static_cast<std::uint64_t>(product));
      const std::int64_t narrowed = narrow<kSaturate>(total, 64 - bits, low, high);
      overflows += total != narrowed ? 1 : 0;
      out[c] = narrowed;
    }
  }
  return overflows;
}

SYSTOLIQ_INLINE std::int64_t weight_stationary(const ArrayRows& a, const Narrowing& n, std::int64_t* sums) {
  return n.saturate ? all_rows_narrowed<true>(a, n.bits, sums) : all_rows_narrowed<false>(a, n.bits, sums);
}
SYSTOLIQ_INLINE std::int64_t output_stationary(const ArrayRows& a, const std::int32_t* top, const Narrowing& n,
                                               std::int64_t* sums) {
  return n.saturate ? all_rows_stationary<true>(a, top, n.bits, sums)
                    : all_rows_stationary<false>(a, top, n.bits, sums);
}

#define SYSTOLIQ_COMPILE_FOR(name, attribute)                                                           \
  attribute void name##_plain(const ArrayRows& a, std::int32_t* sums) { all_rows(a, sums); }            \
  attribute std::int64_t name##_narrowed(const ArrayRows& a, const Narrowing& n, std::int64_t* sums) {  \
    return weight_stationary(a, n, sums);                                                               \
  }                                                                                                     \
  attribute std::int64_t name##_output(const ArrayRows& a, const std::int32_t* top, const Narrowing& n, \
                                       std::int64_t* sums) {                                            \
    return output_stationary(a, top, n, sums);                                                          \
  }

SYSTOLIQ_COMPILE_FOR(portable, )
#if SYSTOLIQ_X86_KERNELS
SYSTOLIQ_COMPILE_FOR(avx2, __attribute__((target("avx2"))))
SYSTOLIQ_COMPILE_FOR(avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"))))
#else
#define avx2_plain portable_plain
#define avx2_narrowed portable_narrowed
#define avx2_output portable_output
#define avx512_plain portable_plain
#define avx512_narrowed portable_narrowed
#define avx512_output portable_output
#endif

}  // namespace

void step_weight_stationary(VectorTarget target, const ArrayRows& array, std::int32_t* sums) {
  if (target == VectorTarget::kAvx512Vnni) return avx512_plain(array, sums);
  if (target == VectorTarget::kAvx2) return avx2_plain(array, sums);
  portable_plain(array, sums);
}

std::int64_t step_weight_stationary(VectorTarget target, const ArrayRows& array, const Narrowing& narrowing,
                                    std::int64_t* sums) {
  if (target == VectorTarget::kAvx512Vnni) return avx512_narrowed(array, narrowing, sums);
  if (target == VectorTarget::kAvx2) return avx2_narrowed(array, narrowing, sums);
  return portable_narrowed(array, narrowing, sums);
}

std::int64_t step_output_stationary(VectorTarget target, const ArrayRows& array, const std::int32_t* top,
                                    const Narrowing& narrowing, std::int64_t* sums) {
  if (target == VectorTarget::kAvx512Vnni) return avx512_output(array, top, narrowing, sums);
  if (target == VectorTarget::kAvx2) return avx2_output(array, top, narrowing, sums);
  return portable_output(array, top, narrowing, sums);
}

}  // namespace systoliq::model::cycle
