// SPDX-License-Identifier: Apache-2.0
// Post-training quantization: calibrates a float Graph and yields the integer network and its ONNX QDQ form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// kGiven: activations only, from the network's metadata (given_ranges.h).
enum class RangeMethod { kMinMax, kSigma, kPercentile, kMse, kKl, kMovingAverage, kGiven };

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
  RangeMethod weight_range = RangeMethod::kMinMax, activation_range = RangeMethod::kMinMax;
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

/// Mean squared errors of a layer's weights: with the clusters' means as entries, and with the int8 entries that are
/// stored.
struct CodebookError {
  std::string layer;
  std::size_t tables = 0, entries = 0;
  double centroid_mse = 0.0, stored_mse = 0.0;
};

/// Mean |E[quantized] - E[float]| over a layer's channels, before its activation, as bias correction found and left it.
struct BiasCorrection {
  std::string layer;
  double before = 0.0, after = 0.0;
};

/// Which neighboring layers were equalized, "first -> second", and which were not, with the reason.
struct EqualizeReport {
  std::vector<std::string> equalized, refused;
};

/// What quantize() saw on its way.
struct QuantizeReport {
  std::vector<CodebookError> codebooks;
  std::vector<std::string> moved_zero_points;  ///< activations whose zero point had to be moved into the stored range
  std::vector<BiasCorrection> bias_corrections;
  EqualizeReport equalization;
};

/// Quantizes: folds batch norm, fuses ReLU/Clip into clamps, Pad into convolutions, Flatten+Gemm into convolutions,
/// calibrates on `images` (each the network's input tensor). Throws InputError naming node and reason.
QuantizedNetwork quantize(const Graph& graph, const std::vector<FloatTensor>& images, const QuantizeOptions& options,
                          QuantizeReport* report = nullptr);

/// Cross-layer equalization: the same function, in which every channel between two layers with weights has weights of
/// the same greatest magnitude on either side. Channel i between W1 and W2, of ranges r1 and r2, is divided by s =
/// sqrt(r1 * r2) / r2 in W1 and its bias and multiplied by it in W2, in sweeps until nothing changes; allowed where all
/// between them scales with its input (ReLU, pooling, padding) and nothing else reads it. Batch norm and bias adds are
/// folded in the result; tensors and layers keep their names. Throws InputError where no pair of layers allows it, with
/// each pair's reason.
Graph equalize(const Graph& graph, EqualizeReport* report = nullptr);

/// The float network whose tensors those of `network`, quantized from `graph`, stand for: `graph`, or its equalized
/// form.
Graph float_counterpart(Graph graph, const QuantizedNetwork& network);

/// Serializes as ONNX QDQ, opset 13: int8/uint8 activations, per-axis weight scales, int32 bias at scale Sx*Sw;
/// narrower widths as int8 with a Clip and their width in metadata. Passes onnx::checker. read_quantized() gives the
/// same integers.
std::string to_onnx_qdq(const QuantizedNetwork& network);

/// Reads a quantized graph (QDQ around float operators, or QLinear* operators) into integers. Throws InputError where a
/// pattern cannot run on integers alone, with the reason (a bias scale that is not Sx*Sw, unfused float operators, …).
QuantizedNetwork read_quantized(const Graph& graph);

/// True if the graph holds QuantizeLinear or QLinear operators.
bool is_quantized(const Graph& graph);

/// Stored integers of a float tensor, round half even (ONNX QuantizeLinear), and back.
IntTensor quantize_tensor(const FloatTensor& values, const QuantizedTensor& as);
FloatTensor dequantize_tensor(const IntTensor& stored, const QuantizedTensor& as);

}  // namespace systoliq::sw_ref
