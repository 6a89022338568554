// SPDX-License-Identifier: Apache-2.0
// Rules of convolution, pooling and matrix multiplication in float.
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/operator_rules.h"

namespace systoliq::sw_ref {
namespace {

void expect_pads_inside(const Node& node, const Window& window) {
  const int extent_height = (window.kernel_height - 1) * window.dilation_height + 1;
  const int extent_width = (window.kernel_width - 1) * window.dilation_width + 1;
  if (window.pad_top >= extent_height || window.pad_bottom >= extent_height || window.pad_left >= extent_width ||
      window.pad_right >= extent_width) {
    refuse(node, "pads reach beyond the window; accepted: pads smaller than the window, so that each holds an element");
  }
}

}  // namespace

TensorType infer_convolution(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  const Value& w = input_of(view, 1, "W");  // need not be a constant itself: QDQ models dequantize a constant
  expect_type(view, x, {ElementType::kFloat});
  expect_type(view, w, {ElementType::kFloat});
  if (const Value* bias = optional_input(view, 2)) {
    expect_type(view, *bias, {ElementType::kFloat});
    expect_shape(view.node, "B", bias->shape, {w.shape.empty() ? 0 : w.shape[0]});
  }
  return {x.type, convolution_shape(view.node, x.shape, w.shape)};
}

Shape convolution_shape(const Node& node, const Shape& x, const Shape& w) {
  if (x.size() != 4 || w.size() != 4) {
    refuse(node, "input has shape " + to_string(x) + " and weights " + to_string(w) +
                     "; accepted: [n, c, h, w] and [o, c / group, kh, kw] (two-dimensional windows)");
  }
  const std::int64_t groups = int_attribute(node, "group", 1);
  if (groups < 1 || w[0] < 1 || w[0] % groups != 0 || x[1] % groups != 0 || x[1] / groups != w[1]) {
    refuse(node, "group " + std::to_string(groups) + " does not fit input " + to_string(x) + " and weights " +
                     to_string(w) + "; accepted: a divisor of both channel counts, weights [o, c / group, kh, kw]");
  }
  const Shape positions = window_positions(window_of(node, x, w), x);
  return {x[0], w[0], positions[0], positions[1]};
}

Shape pool_shape(const Node& node, const Shape& x) {
  if (node.attributes.count("kernel_shape") == 0) refuse(node, "attribute 'kernel_shape' is missing");
  const Window window = window_of(node, x, {});
  expect_pads_inside(node, window);
  const Shape positions = window_positions(window, x);
  return {x[0], x[1], positions[0], positions[1]};
}

TensorType infer_pool(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  if (view.node.op == "MaxPool") {
    expect_type(view, x, {ElementType::kFloat, ElementType::kInt8, ElementType::kUint8});
  } else {
    expect_type(view, x, {ElementType::kFloat});
  }
  return {x.type, pool_shape(view.node, x.shape)};
}

TensorType infer_global_average_pool(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  return {x.type, global_pool_shape(view.node, x.shape)};
}

Shape global_pool_shape(const Node& node, const Shape& x) {
  if (x.size() != 4) refuse(node, "input has shape " + to_string(x) + "; accepted: [n, c, h, w]");
  return {x[0], x[1], 1, 1};
}

Shape matmul_shape(const Node& node, const Shape& a, const Shape& b) {
  if (a.size() < 2 || b.size() < 2 || a.back() != b[b.size() - 2] || a.back() < 1) {
    refuse(node, "multiplies " + to_string(a) + " by " + to_string(b) + "; accepted: […, m, k] by […, k, n]");
  }
  Shape shape = broadcast_shape(node, Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  shape.push_back(a[a.size() - 2]);
  shape.push_back(b.back());
  return shape;
}

TensorType infer_matmul(const NodeView& view) {
  const Value& a = input_of(view, 0, "A");
  const Value& b = input_of(view, 1, "B");
  expect_type(view, a, {ElementType::kFloat});
  expect_type(view, b, {ElementType::kFloat});
  return {a.type, matmul_shape(view.node, a.shape, b.shape)};
}

TensorType infer_gemm(const NodeView& view) {
  const Value& a = input_of(view, 0, "A");
  const Value& b = input_of(view, 1, "B");
  expect_type(view, a, {ElementType::kFloat});
  expect_type(view, b, {ElementType::kFloat});
  if (int_attribute(view.node, "transA", 0) != 0) refuse(view.node, "transA is 1; accepted: 0");
  if (a.shape.size() != 2 || b.shape.size() != 2) {
    refuse(view.node, "multiplies " + to_string(a.shape) + " by " + to_string(b.shape) + "; accepted: two matrices");
  }
  const bool transposed = int_attribute(view.node, "transB", 0) != 0;
  const Shape right = transposed ? Shape{b.shape[1], b.shape[0]} : b.shape;
  const Shape shape = matmul_shape(view.node, a.shape, right);
  if (const Value* c = optional_input(view, 2)) {
    expect_type(view, *c, {ElementType::kFloat});
    expect_shape(view.node, "C, broadcast,", broadcast_shape(view.node, c->shape, shape), shape);
  }
  return {a.type, shape};
}

}  // namespace systoliq::sw_ref
