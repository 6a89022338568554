// SPDX-License-Identifier: Apache-2.0
// Choice of the instruction set, the portable form, and the machine's own order where overflow is possible.
#include "model/arith/matmul.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "model/arith/requantize.h"
#include "model/arith/simd/instruction_sets.h"
#include "model/arith/simd/matmul_kernels.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

void pack_words_portable(const std::int16_t* activations, int lanes, std::uint32_t* units) {
  std::memcpy(units, activations, static_cast<std::size_t>(lanes) * 2);
  if (lanes % 2 != 0) units[lanes / 2] = static_cast<std::uint16_t>(activations[lanes - 1]);
}

/// Products and sums modulo 2^32, since a pair of products alone may exceed 31 bits.
void multiply_accumulate_portable(const PackedWeights& weights, const ActivationTile& tile,
                                  std::int64_t* accumulators) {
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(weights.padded_cols));
  const auto low = [](std::uint32_t unit) { return static_cast<std::int16_t>(unit); };
  const auto high = [](std::uint32_t unit) { return static_cast<std::int16_t>(unit >> 16); };
  for (int p = 0; p < tile.pixels; ++p) {
    std::fill(sums.begin(), sums.end(), 0U);
    const std::uint32_t* row = weights.units.data();
    for (int tap = 0; tap < weights.taps; ++tap) {
      const std::uint32_t* activations = tile.units + tile.pixel_offsets[p] + tile.tap_offsets[tap];
      for (int unit = 0; unit < weights.units_per_tap; ++unit, row += weights.padded_cols) {
        const int first = low(activations[unit]);
        const int second = high(activations[unit]);
        for (std::size_t c = 0; c < sums.size(); ++c) {
          sums[c] +=
              static_cast<std::uint32_t>(first * low(row[c])) + static_cast<std::uint32_t>(second * high(row[c]));
        }
      }
    }
    std::int64_t* out = accumulators + static_cast<std::ptrdiff_t>(p) * weights.cols;
    for (int c = 0; c < weights.cols; ++c) out[c] += static_cast<std::int32_t>(sums[static_cast<std::size_t>(c)]);
  }
}

VectorTarget choose_target(const char* wanted) {
  constexpr std::pair<VectorTarget, const char*> kTargets[] = {
      {VectorTarget::kAvx512Vnni, "avx512vnni"}, {VectorTarget::kAvx2, "avx2"}, {VectorTarget::kPortable, "portable"}};
  std::string accepted;
  for (const auto& [target, name] : kTargets) {
    if (!is_available(target)) continue;
    if (wanted == nullptr || std::strcmp(wanted, name) == 0) return target;
    accepted += (accepted.empty() ? "" : ", ") + std::string(name);
  }
  throw InputError("environment variable SYSTOLIQ_VECTOR_TARGET = '" + std::string(wanted) +
                   "': accepted on this processor: " + accepted);
}

void require(VectorTarget target, OperandWidth width) {
  check(is_available(target), "matmul: this processor lacks the instructions");
  check(width == OperandWidth::kWord || target == VectorTarget::kAvx512Vnni, "matmul: bytes need AVX512-VNNI");
}

}  // namespace

bool is_available(VectorTarget target) {
#if SYSTOLIQ_X86_KERNELS
  static const bool kVnni = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool kAvx2 = __builtin_cpu_supports("avx2");
#else
  constexpr bool kVnni = false;
  constexpr bool kAvx2 = false;
#endif
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

VectorTarget best_target() {
  static const VectorTarget kBest = choose_target(std::getenv("SYSTOLIQ_VECTOR_TARGET"));
  return kBest;
}

OperandWidth operand_width(VectorTarget target, int activation_bits, int weight_operand_bits) {
  const bool bytes = target == VectorTarget::kAvx512Vnni && activation_bits <= 8 && weight_operand_bits <= 8;
  return bytes ? OperandWidth::kByte : OperandWidth::kWord;
}

void pack_weights(VectorTarget target, OperandWidth width, const WeightWords& words, PackedWeights* packed) {
  require(target, width);
  constexpr int kPadding = kernels::kColumnsPadding;
  packed->width = width;
  packed->taps = words.taps;
  packed->units_per_tap = unit_count(width, words.depth);
  packed->cols = words.cols;
  packed->padded_cols = (words.cols + kPadding - 1) / kPadding * kPadding;
  const auto units = static_cast<std::size_t>(packed->taps) * static_cast<std::size_t>(packed->units_per_tap) *
                     static_cast<std::size_t>(packed->padded_cols);
  packed->units.resize(units);
  if (words.valid_columns != packed->padded_cols) std::fill(packed->units.begin(), packed->units.end(), 0U);
  packed->correction.assign(static_cast<std::size_t>(packed->padded_cols), 0);
  if (target == VectorTarget::kAvx512Vnni) return kernels::pack_weights_avx512(words, packed);
  if (target == VectorTarget::kAvx2) return kernels::pack_weights_avx2(words, packed);
  kernels::pack_all_weights<OperandWidth::kWord>(words, packed);
}

void pack_activations(VectorTarget target, OperandWidth width, const std::int16_t* activations, int lanes,
                      std::uint32_t* units) {
  require(target, width);
  if (target == VectorTarget::kAvx512Vnni) return kernels::pack_activations_avx512(width, activations, lanes, units);
  pack_words_portable(activations, lanes, units);
}

void multiply_accumulate(VectorTarget target, const PackedWeights& weights, const ActivationTile& tile,
                         std::int64_t* accumulators) {
  require(target, weights.width);
  if (target == VectorTarget::kAvx512Vnni) return kernels::multiply_accumulate_avx512(weights, tile, accumulators);
  if (target == VectorTarget::kAvx2) return kernels::multiply_accumulate_avx2(weights, tile, accumulators);
  multiply_accumulate_portable(weights, tile, accumulators);
}

std::int64_t accumulate_in_order(const std::int16_t* const* activations, const std::int32_t* weights, int pixels,
                                 int depth, int cols, int accumulator_bits, Overflow overflow, Dataflow dataflow,
                                 std::int64_t* accumulators) {
  std::int64_t overflows = 0;
  const auto limit = [&](std::int64_t value) {
    bool overflowed = false;
    const std::int64_t narrowed = narrow(value, accumulator_bits, overflow, &overflowed);
    overflows += overflowed ? 1 : 0;
    return narrowed;
  };
  const auto add = [](std::int64_t a, std::int64_t b) {  // a start value may be any
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  };
  for (int p = 0; p < pixels; ++p) {
    for (int c = 0; c < cols; ++c) {
      std::int64_t* accumulator = accumulators + static_cast<std::ptrdiff_t>(p) * cols + c;
      const bool in_place = dataflow == Dataflow::kOutputStationary;
      std::int64_t sum = in_place ? *accumulator : 0;
      for (int k = 0; k < depth; ++k) {
        sum = limit(add(sum, std::int64_t{activations[p][k]} * weights[static_cast<std::ptrdiff_t>(k) * cols + c]));
      }
      *accumulator = in_place ? sum : limit(add(*accumulator, sum));
    }
  }
  return overflows;
}

}  // namespace systoliq::model
