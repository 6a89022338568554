// SPDX-License-Identifier: Apache-2.0
// How a float network is to be quantized.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "types/preset.h"

namespace systoliq::sw_ref {

/// kAuto: kMinMax with 8 bits, kMse with fewer. kGiven: activations only, from the network's metadata (given_ranges.h).
enum class RangeMethod { kAuto, kMinMax, kSigma, kPercentile, kMse, kKl, kMovingAverage, kGiven };

/// max|x| / (2^(b-1) - 1), which uses the integers up to +-127; or 2 max|x| / (2^b - 1), which lays the whole grid over
/// +-max|x| and saturates at 127.
enum class SymmetricScale { kHighest, kSpan };

/// Weights as indices into tables of int8 operands: one table a layer, or one an output channel.
enum class CodebookKind { kNone, kPerTensor, kPerChannel };

/// Affine scales from the stored range, or from the range of one bit more, whose tails then saturate (finer steps).
enum class AffineMode { kNormal, kClip };

/// All ranges from the float network, or each from a layer whose inputs carry the errors of the layers before.
enum class CalibrationOrder { kAtOnce, kLayerwise };

/// Requantization by the quotient of the scales, or by 1 / D with D = round(1 / quotient), as an integer divider does.
enum class ScaleForm { kFree, kDivisor };

/// Bias integers straight at scale Sx * Sw; or first rounded to `bias_bits` bits of magnitude and a sign, at its own
/// scale max|b| / (2^bits - 1), and from there to Sx * Sw.
enum class BiasForm { kAccumulator, kOwnScale };

struct QuantizeOptions {
  int weight_bits = 8, activation_bits = 8;  ///< 2..8
  bool symmetric_activations = false;
  bool symmetric_weights = true;
  bool per_channel = true;
  bool unsigned_activations = false;  ///< uint8 in the ONNX file
  bool power_of_two = false;          ///< scales rounded to powers of two (for the pot presets)
  RangeMethod weight_range = RangeMethod::kAuto, activation_range = RangeMethod::kAuto;
  double sigmas = 3.0, percentile = 99.99;
  Preset preset = Preset::kTfliteRef;
  SymmetricScale symmetric_scale = SymmetricScale::kHighest;
  bool power_of_two_observer = false;       ///< power_of_two by the observer's rule (ranges.h), symmetric throughout
  AffineMode affine = AffineMode::kNormal;  ///< of tensors that are not symmetric
  CalibrationOrder calibration = CalibrationOrder::kAtOnce;
  CodebookKind codebook = CodebookKind::kNone;  ///< 2^weight_bits entries
  bool codebook_optimal = false;                ///< the least squared error instead of k-means
  std::uint64_t codebook_seed = 1;              ///< of the k-means++ seeding
  bool equalize = false;                        ///< equalize() before anything else
  bool bias_correction = false;  ///< biases moved by what the layers' mean outputs are off (bias_correction.h)
  ScaleForm scale_form = ScaleForm::kFree;  ///< of convolutions and fully connected layers
  BiasForm bias_form = BiasForm::kAccumulator;
  int bias_bits = 8;                                 ///< 2..16, for BiasForm::kOwnScale
  std::map<std::string, int> layer_weight_bits;      ///< layer name -> 2..8, instead of weight_bits
  std::map<std::string, int> layer_activation_bits;  ///< layer or network input -> 2..8 for its output
};

}  // namespace systoliq::sw_ref
