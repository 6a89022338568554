// SPDX-License-Identifier: Apache-2.0
// Requantization and residual add over whole tiles. The formulas of requantize() and residual_add() in 64-bit
// arithmetic without branches, which the compiler vectorizes; where their preconditions do not hold (a shift out of
// range, an accumulator beyond 32 bits), the scalar functions do the work. Either way the integers are those of the
// scalar ones.
#pragma once

#include <cstdint>
#include <vector>

#include "model/arith/matmul.h"
#include "model/arith/requantize.h"

namespace systoliq::model {

/// What follows the scaling: + zero_point, then the clamp.
struct OutputRange {
  std::int32_t zero_point = 0, clamp_min = 0, clamp_max = 0;
};

/// One channel's constants as the branchless formulas (bulk_rounding.h) use them.
struct Scale {
  std::int64_t multiplier = 0;
  std::int64_t left = 0, right = 0;  ///< bits shifted before, dropped after the multiplication
  std::int64_t half = 0, some = 0;   ///< 2^(right - 1) and all ones if right > 0
  float factor = 0.0F;               ///< of ort_mlas: all of the above
};

class BulkRequantizer final {
 public:
  /// One multiplier per channel, as in model/isa/param_word.h.
  BulkRequantizer(Preset preset, std::vector<Multiplier> channels, OutputRange range,
                  VectorTarget target = best_target());
  /// out[p * out_pitch + c] = clamp(requantize(accumulators[p * pitch + c]) + zero point). Returns how many were
  /// clamped.
  std::int64_t run(const std::int64_t* accumulators, int pixels, int pitch, std::int16_t* out, int out_pitch) const;

 private:
  std::int64_t run_scalar(const std::int64_t* accumulators, int pixels, int pitch, std::int16_t* out,
                          int out_pitch) const;

  Preset preset_;
  std::vector<Multiplier> channels_;
  std::vector<Scale> scales_;
  OutputRange range_;
  VectorTarget target_;
  bool in_bulk_ = false;  ///< the preconditions of the branchless formulas hold
};

class BulkAdder final {
 public:
  /// Operands are stored values of at most `activation_bits` bits.
  BulkAdder(Preset preset, const AddScales& scales, std::int32_t zero_point_a, std::int32_t zero_point_b,
            OutputRange range, int activation_bits, VectorTarget target = best_target());
  /// out[i] = clamp(residual_add(a[i] - zero_point_a, b[i] - zero_point_b) + zero point). Returns how many were
  /// clamped.
  std::int64_t run(const std::int16_t* a, const std::int16_t* b, int count, std::int16_t* out) const;

 private:
  Preset preset_;
  AddScales scales_;
  std::int32_t zero_point_a_, zero_point_b_;
  OutputRange range_;
  int activation_bits_;
  VectorTarget target_;
};

}  // namespace systoliq::model
