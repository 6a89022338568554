// SPDX-License-Identifier: Apache-2.0
// The inference, folding and movement rules that the table of operators names, and the parameters that rules and
// executor share. Internal to the importer.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/frontend/graph/operator_rules.h"

namespace systoliq::sw_ref {

// Element by element (rules_elementwise.cpp).
TensorType infer_unary(const NodeView& view);
TensorType infer_clip(const NodeView& view);
TensorType infer_prelu(const NodeView& view);
TensorType infer_binary(const NodeView& view);
TensorType infer_variadic(const NodeView& view);
TensorType infer_logical_not(const NodeView& view);
TensorType infer_where(const NodeView& view);
TensorType infer_dropout(const NodeView& view);
TensorType infer_cast(const NodeView& view);
Value fold_unary(const NodeView& view, const TensorType& type);
Value fold_binary(const NodeView& view, const TensorType& type);
Value fold_variadic(const NodeView& view, const TensorType& type);
Value fold_logical_not(const NodeView& view, const TensorType& type);
Value fold_where(const NodeView& view, const TensorType& type);
Value fold_cast(const NodeView& view, const TensorType& type);

// Over rows, channels and axes (rules_normalization.cpp, rules_reduction.cpp).
TensorType infer_softmax(const NodeView& view);
TensorType infer_batch_normalization(const NodeView& view);
TensorType infer_instance_normalization(const NodeView& view);
TensorType infer_layer_normalization(const NodeView& view);
TensorType infer_group_normalization(const NodeView& view);
TensorType infer_lrn(const NodeView& view);
TensorType infer_reduction(const NodeView& view);
TensorType infer_arg_extreme(const NodeView& view);
Value fold_reduction(const NodeView& view, const TensorType& type);

// Windows and matrices (rules_window.cpp).
TensorType infer_convolution(const NodeView& view);
TensorType infer_convolution_transpose(const NodeView& view);
TensorType infer_pool(const NodeView& view);
TensorType infer_global_pool(const NodeView& view);
TensorType infer_matmul(const NodeView& view);
TensorType infer_gemm(const NodeView& view);

// Shapes and places of elements (rules_shape.cpp, rules_movement.cpp, resize.cpp).
TensorType infer_identity(const NodeView& view);
TensorType infer_reshape(const NodeView& view);
TensorType infer_flatten(const NodeView& view);
TensorType infer_squeeze(const NodeView& view);
TensorType infer_unsqueeze(const NodeView& view);
TensorType infer_concat(const NodeView& view);
TensorType infer_moved(const NodeView& view);
TensorType infer_resize(const NodeView& view);
Value fold_same_elements(const NodeView& view, const TensorType& type);
Value fold_concat(const NodeView& view, const TensorType& type);
Value fold_moved(const NodeView& view, const TensorType& type);
Movement move_transpose(const NodeView& view);
Movement move_slice(const NodeView& view);
Movement move_split(const NodeView& view);
Movement move_gather(const NodeView& view);
Movement move_expand(const NodeView& view);
Movement move_tile(const NodeView& view);
Movement move_pad(const NodeView& view);
Movement move_depth_to_space(const NodeView& view);
Movement move_space_to_depth(const NodeView& view);

// Of constants only: what exporters compute shapes with (rules_constant.cpp).
TensorType infer_shape(const NodeView& view);
TensorType infer_size(const NodeView& view);
TensorType infer_constant_of_shape(const NodeView& view);
TensorType infer_range(const NodeView& view);
Value fold_shape(const NodeView& view, const TensorType& type);
Value fold_constant_of_shape(const NodeView& view, const TensorType& type);
Value fold_range(const NodeView& view, const TensorType& type);

// Integers (rules_quantized.cpp, rules_integer.cpp).
TensorType infer_quantize(const NodeView& view);
TensorType infer_dequantize(const NodeView& view);
TensorType infer_dynamic_quantize(const NodeView& view);
TensorType infer_qlinear_convolution(const NodeView& view);
TensorType infer_qlinear_matmul(const NodeView& view);
TensorType infer_qlinear_average_pool(const NodeView& view);
TensorType infer_qlinear_global_average_pool(const NodeView& view);
TensorType infer_qlinear_binary(const NodeView& view);
TensorType infer_qlinear_unary(const NodeView& view);
TensorType infer_qlinear_concat(const NodeView& view);
TensorType infer_qgemm(const NodeView& view);
TensorType infer_convolution_integer(const NodeView& view);
TensorType infer_matmul_integer(const NodeView& view);
Value fold_quantize(const NodeView& view, const TensorType& type);

// From outside ONNX, and TopK (rules_custom.cpp).
TensorType infer_quant(const NodeView& view);
TensorType infer_trunc(const NodeView& view);
TensorType infer_bipolar_quant(const NodeView& view);
TensorType infer_requant_shift(const NodeView& view);
TensorType infer_qlinear_softmax(const NodeView& view);
TensorType infer_top_k(const NodeView& view);
TensorType infer_non_max_suppression(const NodeView& view);

// Parameters that rule and execution share.

/// A constant of that type, still without elements.
Value constant_of(const TensorType& type);

/// Limits of a Clip: attributes before opset 11, inputs since; infinite where absent.
struct ClipLimits {
  float low, high;
};
ClipLimits clip_limits(const NodeView& view);

float pad_value(const NodeView& view);

/// Softmax axis; before opset 13 the axes from it on count as one.
std::size_t softmax_axis(const NodeView& view, std::size_t rank);

/// Output [n, o, oh, ow] of a convolution with weights [o, c / group, kh, kw], or [n, o, ol] with [o, c / group, k].
Shape convolution_shape(const Node& node, const Shape& x, const Shape& w);
/// Output of a pooling node; its pads are smaller than its window.
Shape pool_shape(const Node& node, const Shape& x);
Shape global_pool_shape(const Node& node, const Shape& x);

/// Shape of the product of two stacks of matrices, [..., m, k] × [..., k, n], the leading axes broadcast. A vector is a
/// matrix of one row on the left, of one column on the right, and the product then lacks that axis.
Shape matmul_shape(const Node& node, const Shape& a, const Shape& b);

/// The node's attribute `output`: which output of the node in the file it has.
std::int64_t output_index(const Node& node);

}  // namespace systoliq::sw_ref
