// SPDX-License-Identifier: Apache-2.0
// The part of a training recipe that says what the forward pass rounds, and how: table [quantization].
#pragma once

#include <string>

#include "sw_ref/quantizer/options.h"

namespace systoliq {
class TomlTable;
}

namespace systoliq::sw_ref {

struct NetworkDescription;

/// How the range of an activation is learned from batches: all that was ever seen, or m += momentum * (extreme of the
/// batch - m), from the first batch's.
enum class Observer { kMinMax, kMovingAverage };

struct QuantizationSettings {
  QuantizationSettings() { options.weight_range = RangeMethod::kMinMax; }  // as the forward pass rounds

  QuantizeOptions options;           ///< widths, scales, codebook and preset, as the quantizer takes them
  bool quantize_activations = true;  ///< false: activations and biases stay float
  bool fold_batch_normalization = true;
  Observer observer = Observer::kMovingAverage;
  double observer_momentum = 0.01;  ///< above 0 to 1
  int observe_epochs = 0;           ///< ranges are frozen after so many epochs; 0: never
  bool centroids_only = true;       ///< codebooks: biases and batch normalization stay as they are
};

/// Keys: `mode` ("linear", "power-of-two", "power-of-two-observer" or "codebook"), the members above, and of the
/// options weight_bits, activation_bits, per_channel, symmetric_activations, symmetric_weights, symmetric_scale
/// ("highest", "span"), affine ("normal", "clip"), preset, codebook ("per-tensor", "per-channel"), codebook_optimal,
/// codebook_seed. Throws InputError naming file, line and key.
QuantizationSettings read_quantization(TomlTable* table);

/// Throws InputError for a value out of range, options that contradict each other, and linear weights of a network
/// whose batch normalization is not folded.
void validate(const QuantizationSettings& quantization, const NetworkDescription& network);

/// "mode=… weight_bits=… …": all that changes the result.
std::string to_text(const QuantizationSettings& quantization);

/// Options of `systoliq quantize` that turn the trained network into the integers which training imitated.
std::string quantize_flags(const QuantizationSettings& quantization);

}  // namespace systoliq::sw_ref
