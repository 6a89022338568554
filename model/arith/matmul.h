// SPDX-License-Identifier: Apache-2.0
// The PE array's arithmetic in bulk: vector instructions where no overflow is possible, else product by product.
#pragma once

#include <cstdint>

#include "types/accumulation.h"

namespace systoliq::model {

/// Instruction sets that matmul_exact() is written for, slowest first.
enum class VectorTarget { kPortable, kAvx2, kAvx512Vnni };

/// True where this processor has the instructions.
bool is_available(VectorTarget target);

/// accumulators[p * cols + c] += sum over k < depth of activations[p][k] * weights[k * cols + c], in int32 without
/// overflow (the caller has proved it). activations[p] points at `depth` consecutive int16 lanes; pixels pointers.
/// Runs on the fastest available target; the integers are the same on every one.
void matmul_exact(const std::int16_t* const* activations, const std::int16_t* weights, int pixels, int depth, int cols,
                  std::int32_t* accumulators);
/// The same on a chosen target, which must be available.
void matmul_exact_on(VectorTarget target, const std::int16_t* const* activations, const std::int16_t* weights,
                     int pixels, int depth, int cols, std::int32_t* accumulators);

/// The same, one pass in the machine's order (types/accumulation.h): partial sum from 0, narrowed after every product,
/// then added once and narrowed. Returns how many narrowings overflowed.
std::int64_t accumulate_in_order(const std::int16_t* const* activations, const std::int16_t* weights, int pixels,
                                 int depth, int cols, int accumulator_bits, Overflow overflow,
                                 std::int64_t* accumulators);

}  // namespace systoliq::model
