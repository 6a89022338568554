// SPDX-License-Identifier: Apache-2.0
// Affine quantization to 8 bits in two modes, as formulas on plain values: what the quantizer's scales are held
// against.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {

struct AffineScale {
  double scale = 1.0;
  std::int64_t zero_point = 0;
};

/// s = (high - low) / (qmax - qmin), Z = round half even(qmin - low / s), with [qmin, qmax] = [-128, 127] in mode
/// normal and [-256, 255] in mode clip. Throws InputError for a range that is empty or not finite.
AffineScale affine_scale(double low, double high, AffineMode mode);

struct AffineValues {
  std::vector<std::int64_t> stored;
  std::int64_t changed_by_clamp = 0;  ///< values outside [-128, 127] before a clamp
};

/// q = round half even(r / s + Z); clamped to [-128, 127] in mode clip. Mode normal has no clamp in its formula; an
/// 8-bit integer must fit all the same, so `changed_by_clamp` says how many would not.
AffineValues quantize_affine(const std::vector<double>& values, const AffineScale& as, AffineMode mode);

/// (q - Z) * s.
std::vector<double> dequantize_affine(const std::vector<std::int64_t>& stored, const AffineScale& as);

}  // namespace systoliq::sw_ref
