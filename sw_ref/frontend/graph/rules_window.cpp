// SPDX-License-Identifier: Apache-2.0
// Rules of convolution, pooling and matrix multiplication in float.
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/frontend/graph/window_geometry.h"

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
  if ((x.size() != 4 && x.size() != 3) || w.size() != x.size()) {
    refuse(node,
           "input has shape " + to_string(x) + " and weights " + to_string(w) +
               "; accepted: [n, c, h, w] and [o, c / group, kh, kw], or [n, c, l] and [o, c / group, k] (one- and "
               "two-dimensional windows)");
  }
  const std::int64_t groups = int_attribute(node, "group", 1);
  if (groups < 1 || w[0] < 1 || w[0] % groups != 0 || x[1] % groups != 0 || x[1] / groups != w[1]) {
    refuse(node, "group " + std::to_string(groups) + " does not fit input " + to_string(x) + " and weights " +
                     to_string(w) + "; accepted: a divisor of both channel counts, weights [o, c / group, kh, kw]");
  }
  const Shape positions = window_positions(window_of(node, x, w), x);
  return with_rank_of({x[0], w[0], positions[0], positions[1]}, x);
}

TensorType infer_convolution_transpose(const NodeView& view) {
  const Shape& x = input_of(view, 0, "X").shape;
  const Shape& w = input_of(view, 1, "W").shape;
  expect_type(view, *view.inputs[0], {ElementType::kFloat});
  expect_type(view, *view.inputs[1], {ElementType::kFloat});
  const std::int64_t groups = int_attribute(view.node, "group", 1);
  if ((x.size() != 4 && x.size() != 3) || w.size() != x.size() || groups < 1 || x[1] % groups != 0 || w[0] != x[1] ||
      element_count(w) < 1 || w[1] > (1 << 20) || groups > (1 << 20)) {
    refuse(view.node, "input has shape " + to_string(x) + ", weights " + to_string(w) + " and group " +
                          std::to_string(groups) +
                          "; accepted: [n, c, h, w] and [c, o / group, kh, kw], or [n, c, l] "
                          "and [c, o / group, k] (one- and two-dimensional windows), group a divisor of c");
  }
  const std::int64_t channels = w[1] * groups;
  if (const Value* bias = optional_input(view, 2)) {
    expect_type(view, *bias, {ElementType::kFloat});
    expect_shape(view.node, "B", bias->shape, {channels});
  }
  const Shape positions = transposed_window_of(view.node, x, w).positions;
  return {ElementType::kFloat, with_rank_of({x[0], channels, positions[0], positions[1]}, x)};
}

Shape pool_shape(const Node& node, const Shape& x) {
  if (node.attributes.count("kernel_shape") == 0) refuse(node, "attribute 'kernel_shape' is missing");
  const Window window = window_of(node, x, {});
  expect_pads_inside(node, window);
  const Shape positions = window_positions(window, x);
  return with_rank_of({x[0], x[1], positions[0], positions[1]}, x);
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

TensorType infer_global_pool(const NodeView& view) {
  const Value& x = input_of(view, 0, "X");
  expect_type(view, x, {ElementType::kFloat});
  return {x.type, global_pool_shape(view.node, x.shape)};
}

Shape global_pool_shape(const Node& node, const Shape& x) {
  if (x.size() != 4 && x.size() != 3) {
    refuse(node, "input has shape " + to_string(x) + "; accepted: [n, c, h, w] or [n, c, l]");
  }
  return with_rank_of({x[0], x[1], 1, 1}, x);
}

Shape matmul_shape(const Node& node, const Shape& a, const Shape& b) {
  const Shape left = a.size() == 1 ? Shape{1, a[0]} : a;
  const Shape right = b.size() == 1 ? Shape{b[0], 1} : b;
  if (left.size() < 2 || right.size() < 2 || left.back() != right[right.size() - 2] || left.back() < 1) {
    refuse(node, "multiplies " + to_string(a) + " by " + to_string(b) + "; accepted: […, m, k] by […, k, n]");
  }
  Shape shape = broadcast_shape(node, Shape(left.begin(), left.end() - 2), Shape(right.begin(), right.end() - 2));
  if (a.size() != 1) shape.push_back(left[left.size() - 2]);
  if (b.size() != 1) shape.push_back(right.back());
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
  if (a.shape.size() != 2 || b.shape.size() != 2) {
    refuse(view.node, "multiplies " + to_string(a.shape) + " by " + to_string(b.shape) + "; accepted: two matrices");
  }
  const auto turned = [&](const char* attribute, const Shape& shape) {
    return int_attribute(view.node, attribute, 0) != 0 ? Shape{shape[1], shape[0]} : shape;
  };
  const Shape shape = matmul_shape(view.node, turned("transA", a.shape), turned("transB", b.shape));
  if (const Value* c = optional_input(view, 2)) {
    expect_type(view, *c, {ElementType::kFloat});
    expect_shape(view.node, "C, broadcast,", broadcast_shape(view.node, c->shape, shape), shape);
  }
  return {a.type, shape};
}

}  // namespace systoliq::sw_ref
