// SPDX-License-Identifier: Apache-2.0
// The integer network that the reference executes and the compiler translates: scales and integers, no multipliers.
// Every activation is [n, c, h, w] with n = 1; a vector of f features is [1, f, 1, 1]. A fully connected layer is a
// convolution whose kernel covers its whole input, so a flatten never exists as an operation.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "types/preset.h"
#include "types/tensor.h"

namespace systoliq {

/// real = scale * (stored - zero_point), stored in [-2^(bits-1), 2^(bits-1) - 1].
/// An unsigned ONNX tensor is re-centered: onnx integer = stored + storage_offset (128 for uint8, else 0);
/// `zero_point` is already in the stored domain.
struct QuantizedTensor {
  std::string name;
  Shape shape;  ///< [1, c, h, w]
  float scale = 1.0F;
  std::int32_t zero_point = 0;
  int bits = 8;
  std::int32_t storage_offset = 0;
};

enum class LayerOp { kConvolution, kMaxPool, kAveragePool, kAdd, kLookup, kConcat, kPad };

inline const char* to_string(LayerOp op) {
  constexpr const char* kNames[] = {"Conv", "MaxPool", "AveragePool", "Add", "Lookup", "Concat", "Pad"};
  return kNames[static_cast<int>(op)];
}

/// Window geometry of convolution, pooling and padding, in elements.
struct Window {
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

struct QuantizedLayer {
  std::string name;
  LayerOp op = LayerOp::kConvolution;
  std::vector<int> inputs;  ///< indices into QuantizedNetwork::tensors
  int output = -1;
  Window window;
  int groups = 1;
  bool fully_connected = false;  ///< was Gemm or MatMul: per-tensor scales then multiply in float (numerics.md)

  // Convolution.
  IntTensor weights;  ///< [o, i / groups, kh, kw], stored integers
  int weight_bits = 8;
  std::int32_t weight_zero_point = 0;
  std::vector<std::int32_t> codebook;  ///< empty: linear. Else 2^weight_bits operands, or as many per output channel,
                                       ///< and `weights` are indices 0 … 2^weight_bits - 1
  std::vector<float> weight_scales;    ///< 1 or o values
  std::vector<std::int64_t> bias;      ///< o values at scale Sx * Sw (0 where the network has none)

  // Output clamp, stored domain: fused ReLU and Clip, else the full range of the output.
  std::int32_t clamp_min = -128, clamp_max = 127;

  bool count_include_pad = false;  ///< average pooling
  /// kAdd, preset ort_x86: the sum takes integers as the file has them (QLinearAdd), else unsigned ones (QDQ).
  bool sums_as_in_file = false;
  std::vector<std::int32_t> lookup;  ///< kLookup: stored output for stored input - min, 2^bits entries
  std::string float_output;          ///< name of the float tensor this output stands for (for error reports)
};

struct QuantizedNetwork {
  std::string name;
  Preset preset = Preset::kTfliteRef;
  std::vector<QuantizedTensor> tensors;
  std::vector<QuantizedLayer> layers;  ///< execution order
  std::vector<int> inputs, outputs;    ///< indices into tensors
  /// The graph's names of `outputs`, which a Softmax on the host or a second output of one tensor tells from the
  /// tensors' names; empty: those.
  std::vector<std::string> output_names;
  std::map<std::string, std::string> metadata;
  bool softmax_on_host = false;    ///< the original network ends in a Softmax, left to the host
  std::vector<std::string> notes;  ///< what the import changed that a user should know, a line each
};

/// What a sum of preset ort_x86 adds to a stored integer: ONNX Runtime turns the INT8 of QDQ into UINT8 before.
inline std::int32_t sum_offset(const QuantizedLayer& layer, const QuantizedTensor& tensor) {
  return layer.sums_as_in_file ? tensor.storage_offset : 1 << (tensor.bits - 1);
}

/// Multiply-accumulates of one layer for one image: o * oh * ow * (i / groups) * kh * kw for a convolution, else 0.
inline std::int64_t mac_count(const QuantizedLayer& layer, const QuantizedNetwork& network) {
  if (layer.op != LayerOp::kConvolution) return 0;
  const Shape& out = network.tensors[static_cast<std::size_t>(layer.output)].shape;
  return out[2] * out[3] * element_count(layer.weights.shape);
}

}  // namespace systoliq
