// SPDX-License-Identifier: Apache-2.0
// The integer network that the reference executes and the compiler translates: scales and integers, no multipliers.
// Every activation is [n, c, h, w] with n = 1; a vector of f features is [1, f, 1, 1]. A fully connected layer is a
// convolution whose kernel covers its whole input, so a flatten never exists as an operation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/element_function.h"
#include "types/graph.h"
#include "types/layout.h"
#include "types/preset.h"
#include "types/tensor.h"

namespace systoliq {

/// How the host makes a tensor's integers of reals; z is added behind the rounding.
enum class HostRounding {
  kQuotientEven,   ///< ONNX: half even(x / S)
  kQuotientAway,   ///< TensorFlow Lite: half away(x / S)
  kReciprocalEven  ///< XNNPACK: half even(x * fl(1 / S))
};

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
  Layout layout = {};  ///< of the graph's tensor of that name
  HostRounding host_rounding = HostRounding::kQuotientEven;
};

/// multiplier * 2^exponent: a requantization factor that scales cannot say.
struct ExactFactor {
  std::int32_t multiplier = 0;
  int exponent = 0;
};

/// The final Softmax of a network, where its integers are defined; the host computes it of the network's output.
struct HostSoftmax {
  QuantizedTensor output;
  float beta = 1.0F;
};

enum class LayerOp {
  kConvolution,
  kMaxPool,
  kAveragePool,
  kAdd,
  kLookup,
  kConcat,
  kPad,
  kMultiply,
  kMove,
  kConvTranspose
};

inline const char* to_string(LayerOp op) {
  constexpr const char* kNames[] = {"Conv",   "MaxPool", "AveragePool", "Add",  "Lookup",
                                    "Concat", "Pad",     "Multiply",    "Move", "ConvTranspose"};
  return kNames[static_cast<int>(op)];
}

/// True for operations with weights and a bias.
inline bool has_weights(LayerOp op) { return op == LayerOp::kConvolution || op == LayerOp::kConvTranspose; }

/// Window geometry of convolution, pooling and padding, in elements.
struct Window {
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
};

/// y[c][h][w] is the input's element at place channels[c] + rows[h] + columns[w], in the order of its [c, h, w].
struct Move {
  Offsets channels, rows, columns;
};

struct QuantizedLayer {
  std::string name;
  LayerOp op = LayerOp::kConvolution;
  std::vector<int> inputs;  ///< indices into QuantizedNetwork::tensors
  int output = -1;
  Window window;
  int groups = 1;
  bool fully_connected = false;  ///< was Gemm or MatMul: per-tensor scales then multiply in float (numerics.md)
  bool float_product = false;    ///< another layer whose per-tensor scales do (TensorFlow Lite's uint8 convolution)

  // Convolution and transposed convolution; of the latter, output i * stride + k * dilation - pad takes input i by tap
  // k.
  IntTensor weights;  ///< [o, i / groups, kh, kw], stored integers
  int weight_bits = 8;
  std::int32_t weight_zero_point = 0;
  std::vector<std::int32_t> codebook;  ///< empty: linear. Else 2^weight_bits operands, or as many per output channel,
                                       ///< and `weights` are indices 0 … 2^weight_bits - 1
  std::vector<float> weight_scales;    ///< 1 or o values
  std::vector<std::int64_t> bias;      ///< o values at scale Sx * Sw (0 where the network has none)
  bool sums_of_32_bits = false;        ///< presets of 16 x 8 bits: the kernel's, which it rounds as tflite_ref
  std::optional<ExactFactor> factor;   ///< of every channel, in place of Sx * Sw / Sy

  // Output clamp, stored domain: fused ReLU and Clip, else the full range of the output.
  std::int32_t clamp_min = -128, clamp_max = 127;

  bool count_include_pad = false;    ///< average pooling
  bool average_from_lowest = false;  ///< average pooling: counted from the lowest stored value, so that ties go up
  int axis = 1;                      ///< kConcat: of [1, c, h, w]
  Move move;                         ///< kMove
  /// kAdd, preset ort_x86: the sum takes integers as the file has them (QLinearAdd), else unsigned ones (QDQ).
  bool sums_as_in_file = false;
  std::vector<std::int32_t> lookup;  ///< kLookup: stored output for stored input - min, 2^bits entries
  ElementFunction function;        ///< kLookup: what the table was computed from; empty: a change of scale, or unknown
  std::string float_output;        ///< name of the float tensor this output stands for (for error reports)
  std::vector<std::string> nodes;  ///< of the graph that it computes, each as "name (operator)"; for people
};

/// In place of a tensor: a float that the host has, under its name.
inline constexpr int kHostValue = -1;

/// Operators that the host computes in float, before, between or behind layers of the machine.
struct HostPart {
  std::size_t before_layer = 0;  ///< runs when so many of the network's layers have run
  Graph graph;                   ///< the operators, with their constants and shapes
  /// By graph.inputs: the tensor that is dequantized, or kHostValue, an input of the network or a value of an earlier
  /// part. By graph.outputs: the tensor that takes the value, quantized, or kHostValue.
  std::vector<int> inputs, outputs;
  /// By graph.inputs: where the value's elements lie in the tensor; they need not be all of it. Without axes: in order.
  std::vector<Layout> input_layouts;
};

struct QuantizedNetwork {
  std::string name;
  Preset preset = Preset::kTfliteRef;
  std::vector<QuantizedTensor> tensors;
  std::vector<QuantizedLayer> layers;  ///< execution order
  std::vector<HostPart> host_parts;    ///< execution order, by before_layer
  std::vector<int> inputs;             ///< indices into tensors; one that only the host reads keeps scale 1
  std::vector<int> outputs;            ///< indices into tensors, or kHostValue
  std::map<int, IntTensor> constants;  ///< tensors that no layer computes: stored integers, which lie in memory
  /// The graph's names of `outputs`, which a value of the host or a second output of one tensor tells from the
  /// tensors' names; empty: those.
  std::vector<std::string> output_names;
  std::vector<Layout> output_layouts;  ///< of the graph's outputs in `outputs`; empty: all in their tensor's order
  std::map<std::string, std::string> metadata;
  std::vector<std::string> vanished;        ///< nodes of the graph that cost nothing, as "name (operator)"; for people
  std::optional<HostSoftmax> host_softmax;  ///< of a final Softmax that the host computes in integers
  std::vector<std::string> notes;           ///< what the import changed that a user should know, a line each
};

/// How the graph's output of that number lies in its tensor.
inline const Layout& output_layout(const QuantizedNetwork& network, std::size_t output) {
  static const Layout kSame;
  return network.output_layouts.empty() ? kSame : network.output_layouts.at(output);
}

/// True where a per-tensor weight scale is multiplied by the input's in float.
inline bool has_float_product(const QuantizedLayer& layer) {
  return (layer.fully_connected || layer.float_product) && layer.weight_scales.size() == 1;
}

/// The preset whose requantization a layer with weights has. In LiteRT's 16-bit form only fully connected layers are in
/// fp64; a factor of its own is TFLite's mean, whose two roundings do not depend on the width; so do those of sums of
/// 32 bits.
inline Preset requantization_preset(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  if (!is_16x8(network.preset)) return network.preset;
  if (layer.factor) return Preset::kTfliteRef;
  if (layer.fully_connected && network.preset == Preset::kLitert16x8) return network.preset;
  return layer.sums_of_32_bits ? Preset::kTfliteRef : Preset::kTflite16x8;
}

/// What a sum of preset ort_x86 adds to a stored integer: ONNX Runtime turns the INT8 of QDQ into UINT8 before.
inline std::int32_t sum_offset(const QuantizedLayer& layer, const QuantizedTensor& tensor) {
  return layer.sums_as_in_file ? tensor.storage_offset : 1 << (tensor.bits - 1);
}

/// Multiply-accumulates of one layer for one image: o * oh * ow * (i / groups) * kh * kw for a convolution, else 0; of
/// a transposed one those of every input with every tap.
inline std::int64_t mac_count(const QuantizedLayer& layer, const QuantizedNetwork& network) {
  if (!has_weights(layer.op)) return 0;
  if (layer.op == LayerOp::kConvTranspose) {
    const Shape& in = network.tensors[static_cast<std::size_t>(layer.inputs[0])].shape;
    return in[2] * in[3] * element_count(layer.weights.shape);
  }
  const Shape& out = network.tensors[static_cast<std::size_t>(layer.output)].shape;
  return out[2] * out[3] * element_count(layer.weights.shape);
}

}  // namespace systoliq
