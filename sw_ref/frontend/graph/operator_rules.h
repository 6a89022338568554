// SPDX-License-Identifier: Apache-2.0
// What the importer knows of each supported operator: how many inputs it takes and what it yields. The rules refuse
// everything that the executor cannot compute, so that an error names the node before anything runs. Internal.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// Type and shape of a tensor.
struct TensorType {
  ElementType type = ElementType::kFloat;
  Shape shape;
};

/// The output of a node whose inputs are known. Throws InputError naming the node for what is not supported.
using InferenceRule = TensorType (*)(const NodeView& view);

struct OperatorRule {
  const char* domain;  ///< "" for ai.onnx
  const char* op;
  std::size_t least_inputs, most_inputs;
  InferenceRule infer;
  std::vector<const char*> attributes;  ///< accepted; libonnx checks those of ai.onnx, so only for other domains
  bool constants_only = false;          ///< supported only where it can be computed at import
};

/// The rule of an operator, or null.
const OperatorRule* find_rule(const std::string& domain, const std::string& op);
/// "Add, AveragePool, …, com.microsoft.QLinearGlobalAveragePool".
std::string supported_operators();

/// Finds the node's rule, checks the number of inputs and outputs and infers the output. Throws InputError.
TensorType infer_output(const NodeView& view);

// The rules, one function per operator or group of operators.
TensorType infer_unary(const NodeView& view);
TensorType infer_clip(const NodeView& view);
TensorType infer_softmax(const NodeView& view);
TensorType infer_batch_normalization(const NodeView& view);
TensorType infer_dropout(const NodeView& view);
TensorType infer_add(const NodeView& view);

TensorType infer_convolution(const NodeView& view);
TensorType infer_pool(const NodeView& view);
TensorType infer_global_average_pool(const NodeView& view);
TensorType infer_matmul(const NodeView& view);
TensorType infer_gemm(const NodeView& view);

TensorType infer_identity(const NodeView& view);
TensorType infer_reshape(const NodeView& view);
TensorType infer_flatten(const NodeView& view);
TensorType infer_squeeze(const NodeView& view);
TensorType infer_unsqueeze(const NodeView& view);
TensorType infer_transpose(const NodeView& view);
TensorType infer_concat(const NodeView& view);
TensorType infer_pad(const NodeView& view);

TensorType infer_quantize(const NodeView& view);
TensorType infer_dequantize(const NodeView& view);
TensorType infer_qlinear_convolution(const NodeView& view);
TensorType infer_qlinear_matmul(const NodeView& view);
TensorType infer_qlinear_average_pool(const NodeView& view);
TensorType infer_qlinear_global_average_pool(const NodeView& view);

// Supported of constants only, as exporters use them to compute the shape of a Reshape.
TensorType infer_shape(const NodeView& view);
TensorType infer_gather(const NodeView& view);
TensorType infer_cast(const NodeView& view);

// Parameters that rule and execution share.

/// Limits of a Clip: attributes before opset 11, inputs since; infinite where absent.
struct ClipLimits {
  float low, high;
};
ClipLimits clip_limits(const NodeView& view);

/// Pad amounts, begins then ends, none negative; attribute before opset 11, input since.
std::vector<std::int64_t> pad_amounts(const NodeView& view);
float pad_value(const NodeView& view);

/// Permutation of a Transpose.
std::vector<std::size_t> permutation(const NodeView& view, std::size_t rank);

/// Softmax axis; before opset 13 the axes from it on count as one.
std::size_t softmax_axis(const NodeView& view, std::size_t rank);

/// Output [n, o, oh, ow] of a convolution with weights [o, c / group, kh, kw].
Shape convolution_shape(const Node& node, const Shape& x, const Shape& w);
/// Output of a pooling node; its pads are smaller than its window.
Shape pool_shape(const Node& node, const Shape& x);
Shape global_pool_shape(const Node& node, const Shape& x);

/// Shape of the product of two stacks of matrices, [..., m, k] × [..., k, n], the leading axes broadcast.
Shape matmul_shape(const Node& node, const Shape& a, const Shape& b);

}  // namespace systoliq::sw_ref
