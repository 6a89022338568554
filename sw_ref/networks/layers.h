// SPDX-License-Identifier: Apache-2.0
// The built-in networks as lists of layers: the one description that the ONNX builder, random weights and training
// read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "types/tensor.h"

namespace systoliq::sw_ref {

enum class NetworkOp {
  kConvolution,
  kBatchNormalization,
  kRelu,
  kRelu6,
  kSigmoid,
  kMaxPool,
  kAveragePool,
  kGlobalAveragePool,
  kAdd,
  kFlatten,
  kFullyConnected,
  kSoftmax,
};

/// One layer; its output tensor bears its name. Strides are the same in both directions.
struct NetworkLayer {
  NetworkOp op = NetworkOp::kRelu;
  std::string name;
  std::vector<std::string> inputs;  ///< names of earlier layers, or "input"
  std::int64_t in = 0, out = 0;     ///< channels or features
  std::int64_t kernel = 1, stride = 1, padding = 0;
  bool bias = false;
  std::int64_t groups = 1;                           ///< of a convolution
  std::int64_t kernel_width = 0, padding_width = 0;  ///< where kernel_width is not 0; else as high as wide
  std::int64_t width() const { return kernel_width != 0 ? kernel_width : kernel; }
  std::int64_t side_padding() const { return kernel_width != 0 ? padding_width : padding; }
};

struct NetworkDescription {
  std::string name;
  Shape input;                ///< [1, c, h, w]
  std::int64_t classes = 10;  ///< the output is [n, classes]
  std::vector<NetworkLayer>
      layers;  ///< execution order; the last one, or the one before a final softmax, yields the logits
};

/// Throws InputError listing the known names. NAME_folded is NAME without its batch normalization (folding.h).
NetworkDescription describe_network(const std::string& network);

/// Parameters of one layer in ONNX's input order: NAME.weight and NAME.bias; a batch normalization has
/// NAME.running_mean and NAME.running_var as well. Convolution weights are [o, i, k, k], fully connected ones [o, i].
std::vector<std::pair<std::string, Shape>> layer_parameters(const NetworkLayer& layer);

/// ONNX's default, which every built-in batch normalization uses.
inline constexpr float kBatchNormalizationEpsilon = 1e-5F;

}  // namespace systoliq::sw_ref
