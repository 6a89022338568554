// SPDX-License-Identifier: Apache-2.0
// What a pixel is to a network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::tb {

/// A pixel p, 0 to 255, becomes (p / 255 - mean) / std, computed in double and rounded to float once. Either list holds
/// one value for all channels or one a channel. Both empty: (p - 128) / 128, as the built-in networks were trained.
struct Normalization {
  std::vector<double> mean, std;

  bool is_default() const { return mean.empty() && std.empty(); }
  /// What a pixel of that channel becomes.
  float apply(float pixel, std::int64_t channel) const;
};

/// Throws InputError unless every value is finite, every std is above 0, and both lists have one value or `channels`.
void check_normalization(const Normalization& normalization, std::int64_t channels);

/// "mean 0.485 0.456 0.406 std 0.229 0.224 0.225", exactly: parse_normalization() gives the same doubles.
std::string to_text(const Normalization& normalization);

/// The inverse. Throws InputError naming the key.
Normalization parse_normalization(const std::string& key, const std::string& text);

}  // namespace systoliq::tb
