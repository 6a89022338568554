// SPDX-License-Identifier: Apache-2.0
// Running error figures of a quantized tensor against its float counterpart, over any number of images.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "types/tensor.h"

namespace systoliq::tb {

/// MSE = mean (q - f)^2; SQNR = 10 log10(sum f^2 / sum (q - f)^2) in dB, +inf when exact, -inf where f is 0 and q is
/// not; cosine = f.q / (|f| |q|). All are NaN where a value is.
class ErrorStatistics final {
 public:
  /// Adds all elements. The tensors must have equal element counts; shapes may differ in dimensions of one.
  void add(const FloatTensor& quantized, const FloatTensor& reference) {
    check(quantized.data.size() == reference.data.size(), "compared tensors differ in element count");
    for (std::size_t i = 0; i < reference.data.size(); ++i) {
      const double q = quantized.data[i];
      const double f = reference.data[i];
      squared_difference_ += (q - f) * (q - f);
      squared_float_ += f * f;
      squared_quantized_ += q * q;
      dot_ += q * f;
      const double difference = std::abs(q - f);
      if (std::isnan(difference) || difference > max_abs_) max_abs_ = difference;  // NaN stays
    }
    count_ += static_cast<std::int64_t>(reference.data.size());
  }

  std::int64_t count() const { return count_; }
  double mse() const { return count_ == 0 ? 0.0 : squared_difference_ / static_cast<double>(count_); }
  /// Not one value differs.
  bool exact() const { return squared_difference_ == 0.0; }
  double max_abs_error() const { return max_abs_; }
  double sqnr_db() const {
    if (exact()) return std::numeric_limits<double>::infinity();
    return 10.0 * std::log10(squared_float_ / squared_difference_);
  }
  double cosine() const {
    if (squared_float_ == 0.0 && squared_quantized_ == 0.0) return 1.0;
    if (squared_float_ == 0.0 || squared_quantized_ == 0.0) return 0.0;
    return dot_ / std::sqrt(squared_float_ * squared_quantized_);
  }

 private:
  double squared_difference_ = 0.0, squared_float_ = 0.0, squared_quantized_ = 0.0, dot_ = 0.0, max_abs_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace systoliq::tb
