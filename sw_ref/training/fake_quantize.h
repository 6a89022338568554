// SPDX-License-Identifier: Apache-2.0
// Rounding to a grid of integers and back, with a straight-through gradient. Internal to training.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "types/preset.h"

namespace systoliq::sw_ref {

struct IntegerGrid {
  std::vector<double> scales;  ///< one, or one for each index of the first dimension
  std::int64_t lowest = -128;  ///< of integers whose zero point has been taken away
  std::int64_t highest = 127;
  Rounding rounding = Rounding::kHalfEven;  ///< of real / scale
  bool in_double = false;  ///< the division, as the quantizer divides weights; else in float, as it divides activations
};

/// scale * clamp(round(x / scale)), in the type of x (float32 or bfloat16). The gradient is 1 where the rounded value
/// needs no clamp, else 0 (Bengio, Léonard and Courville, 2013). What is not a number stays so.
torch::Tensor fake_quantize(const torch::Tensor& x, const IntegerGrid& grid);

/// Least and greatest value; those of no values are 0.
struct Extremes {
  double low = 0.0, high = 0.0;
};
Extremes extremes_of(const torch::Tensor& x);

/// centroids.flatten()[indices], in the shape of `indices` (int32). The gradient of a centroid is the sum of those of
/// the weights that stand for it.
torch::Tensor look_up(const torch::Tensor& centroids, const torch::Tensor& indices);

}  // namespace systoliq::sw_ref
