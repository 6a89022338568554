// SPDX-License-Identifier: Apache-2.0
// The PE array's arithmetic in bulk: vector instructions where no overflow is possible, else product by product.
//
// Operands are packed into units of 32 bits, one per column and step of the reduction: two 16-bit operands, or, where
// the processor multiplies bytes (AVX512-VNNI) and both operands fit, four 8-bit ones. Byte instructions take one
// unsigned operand, so activations are then stored + 128, and 128 * sum(w) is subtracted from every column: exact in 32
// bits, since all of it is arithmetic modulo 2^32 and the final sum fits.
#pragma once

#include <cstdint>
#include <vector>

#include "types/accumulation.h"

namespace systoliq::model {

/// Instruction sets that the bulk arithmetic is written for, slowest first.
enum class VectorTarget { kPortable, kAvx2, kAvx512Vnni };

/// True where this processor has the instructions.
bool is_available(VectorTarget target);
/// The fastest available one, or the one that environment variable SYSTOLIQ_VECTOR_TARGET names (portable, avx2,
/// avx512vnni), read once. Throws InputError for an unknown or unavailable one.
VectorTarget best_target();

enum class OperandWidth { kByte, kWord };

/// The narrowest packing that holds both operands and that the target has instructions for.
OperandWidth operand_width(VectorTarget target, int activation_bits, int weight_operand_bits);

inline int operands_per_unit(OperandWidth width) { return width == OperandWidth::kByte ? 4 : 2; }
/// Units for `lanes` activations; operands of the last unit that are left over meet weights of 0.
inline int unit_count(OperandWidth width, int lanes) {
  return (lanes + operands_per_unit(width) - 1) / operands_per_unit(width);
}

/// The weights of one EXECUTE: `taps` × `depth` words of `cols` weights as they lie in the weight buffer.
struct WeightWords {
  const std::int16_t* stored = nullptr;
  int taps = 1, depth = 1, cols = 1;
  int valid_columns = 1;  ///< the operands of the others are 0
  int zero_point = 0;     ///< operand = stored - zero_point, which must fit 16 bits
};

/// The same as units[(tap * units_per_tap + unit) * padded_cols + column].
struct PackedWeights {
  OperandWidth width = OperandWidth::kWord;
  int taps = 1, units_per_tap = 1, cols = 1, padded_cols = 16;
  std::vector<std::uint32_t> units;
  std::vector<std::int32_t> correction;  ///< what every column's sum starts from
};

void pack_weights(VectorTarget target, OperandWidth width, const WeightWords& words, PackedWeights* packed);
/// Packs unit_count() units from `lanes` activations.
void pack_activations(VectorTarget target, OperandWidth width, const std::int16_t* activations, int lanes,
                      std::uint32_t* units);

/// Packed activations and where in them each output pixel's taps start.
struct ActivationTile {
  const std::uint32_t* units = nullptr;
  const std::int32_t* pixel_offsets = nullptr;  ///< `pixels` of them
  const std::int32_t* tap_offsets = nullptr;    ///< one per tap, added to the pixel's
  int pixels = 0;
};

/// accumulators[p * cols + c] += sum over taps and units of activations times weights, without overflow (the caller has
/// proved it: every sum fits 32 bits). `target` must be available and both operands packed for it; the integers are the
/// same on every target.
void multiply_accumulate(VectorTarget target, const PackedWeights& weights, const ActivationTile& tile,
                         std::int64_t* accumulators);

/// One pass in the machine's order (types/accumulation.h) over `depth` lanes at activations[p], p < pixels: partial sum
/// from 0, narrowed after every product, then added once to accumulators[p * cols + c] and narrowed; output stationary,
/// every product is added to the accumulator and narrowed. Returns how many narrowings overflowed.
std::int64_t accumulate_in_order(const std::int16_t* const* activations, const std::int32_t* weights, int pixels,
                                 int depth, int cols, int accumulator_bits, Overflow overflow, Dataflow dataflow,
                                 std::int64_t* accumulators);

}  // namespace systoliq::model
