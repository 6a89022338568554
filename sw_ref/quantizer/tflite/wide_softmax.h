// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's Softmax of 16-bit integers: two tables of 512 segments, a sum and a reciprocal.
#pragma once

#include <cstdint>
#include <vector>

namespace systoliq::sw_ref {

/// One vector at a time. The output has scale 2^-15 and zero point 0.
class WideSoftmax final {
 public:
  /// `real_beta`: beta times the input's scale. Throws InputError where it is too large for the kernel.
  explicit WideSoftmax(double real_beta);

  /// e^(beta x) / sum e^(beta x) of up to 65535 stored integers.
  void run(const std::vector<std::int32_t>& in, std::vector<std::int32_t>* out) const;

 private:
  std::int32_t power(std::int32_t difference) const;

  std::int32_t multiplier_ = 0;  ///< of differences, so that -65535 is -10
  int shift_ = 0;
  std::vector<std::int32_t> powers_, reciprocals_;  ///< e^x on [-10, 0]; 1 / (1 + x) on [0, 1]
};

}  // namespace systoliq::sw_ref
