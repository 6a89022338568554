// SPDX-License-Identifier: Apache-2.0
// Ends of the ranges of command fields, as data: an expression over the machine's parameters that can be evaluated for
// a machine, printed, and written as SystemVerilog.
#pragma once

#include <cstdint>
#include <string>

#include "model/config/accelerator_config.h"

namespace systoliq::model {

/// What a bound counts in.
enum class Term {
  kNone,              ///< 0
  kRows,              ///< array.rows
  kCols,              ///< array.cols
  kActivationHalf,    ///< 2^(activation_bits - 1)
  kWeightHalf,        ///< 2^(weight_bits - 1)
  kActivationWords,   ///< words of the activation buffer
  kWeightWords,       ///< words of the weight buffer
  kAccumulatorWords,  ///< words of the accumulator buffer
  kParamWords,        ///< words of the param buffer
  kTargetWords,       ///< words of the largest buffer that LOAD writes
  kSourceWords,       ///< words of the larger of the buffers that POST reads
  kActivationLanes,   ///< activation_words * rows
  kActivationBits,    ///< activation_bits
  kLaneHalf,          ///< 2^(b - 1), b the larger of activation_bits and weight_bits
  kMostLanes,         ///< the larger of rows and cols
  kTargetLanes,       ///< lanes of the largest buffer that LOAD writes
};

/// factor * term + offset; every bound of every machine fits 32 bits with sign.
struct Bound {
  Term term = Term::kNone;
  int factor = 1;
  std::int64_t offset = 0;

  std::int64_t value(const AcceleratorConfig& config) const;
  /// "activation_words − 1", "2^30 − 1".
  std::string text() const;
  /// An expression of 32 bits with sign over the arguments of bound() in systoliq_isa_pkg.sv.
  std::string system_verilog() const;
};

constexpr Bound at(std::int64_t value) { return {Term::kNone, 1, value}; }
constexpr Bound upto(Term term, std::int64_t offset = 0) { return {term, 1, offset}; }
constexpr Bound minus(Term term) { return {term, -1, 0}; }

/// Positions, distances and extents in pixels: sums of two of them fit 32 bits.
inline constexpr std::int64_t kCoordinateMax = (std::int64_t{1} << 30) - 1;
inline constexpr std::int64_t kInt32Highest = (std::int64_t{1} << 31) - 1;
inline constexpr std::int64_t kLayerMax = (std::int64_t{1} << 16) - 1;
inline constexpr std::int64_t kWindowTapsMax = (std::int64_t{1} << 20) - 1;  ///< of a pooling window
inline constexpr std::int64_t kMemoryBytes = std::int64_t{1} << 31;          ///< the address space of commands

}  // namespace systoliq::model
