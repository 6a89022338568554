// SPDX-License-Identifier: Apache-2.0
// Kernels of convolution, matrix multiplication and pooling, computed by oneDNN in float32.
#include <algorithm>

#include "sw_ref/float/dnnl_operation.h"
#include "sw_ref/float/kernels.h"
#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using dnnl::memory;

struct WindowDims {
  memory::dims kernel, strides, dilates, pads_begin, pads_end;
};

/// oneDNN counts a dilation of 1 as 0.
WindowDims window_dims(const Window& window) {
  return {{window.kernel_height, window.kernel_width},
          {window.stride_height, window.stride_width},
          {window.dilation_height - 1, window.dilation_width - 1},
          {window.pad_top, window.pad_left},
          {window.pad_bottom, window.pad_right}};
}

/// Gives an operand to the operation: now where it is a constant, else at every run.
void add_operand(const KernelRequest& request, std::size_t index, int argument, const memory::desc& plain,
                 const memory::desc& preferred, DnnlOperation& operation, std::vector<std::size_t>& operands) {
  if (request.constants[index] != nullptr && index > 0) {
    operation.add_constant(argument, request.constants[index]->data, plain, preferred);
  } else {
    operation.add_input(argument, plain, preferred);
    operands.push_back(index);
  }
}

Kernel kernel_of(const std::shared_ptr<const DnnlOperation>& operation, std::vector<std::size_t> operands,
                 const Shape& output) {
  return {std::move(operands), [operation, output](const Operands& tensors) {
            FloatTensor result(output);
            std::vector<const float*> inputs;
            for (const FloatTensor* tensor : tensors) inputs.push_back(tensor->data.data());
            operation->run(inputs, result.data.data());
            return result;
          }};
}

dnnl::convolution_forward::primitive_desc describe_convolution(const KernelRequest& request, const Shape& weights) {
  const NodeView& view = request.view;
  const WindowDims window = window_dims(window_of(view.node, view.inputs[0]->shape, view.inputs[1]->shape));
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const Shape output = with_height(request.output);
  const memory::desc x = any_layout(with_height(view.inputs[0]->shape)), w = any_layout(weights),
                     y = any_layout(output);
  using Description = dnnl::convolution_forward::desc;
  const Description description =
      optional_input(view, 2) == nullptr
          ? Description(kind, algorithm, x, w, y, window.strides, window.dilates, window.pads_begin, window.pads_end)
          : Description(kind, algorithm, x, w, any_layout({output[1]}), y, window.strides, window.dilates,
                        window.pads_begin, window.pads_end);
  return {description, run_time_scratchpad(), cpu_engine()};
}

Kernel make_pool(const KernelRequest& request, dnnl::algorithm algorithm) {
  const Shape& given = request.view.inputs[0]->shape;
  const Shape x = with_height(given), y = with_height(request.output);
  const WindowDims window = window_dims(window_of(request.view.node, given, {}));
  const dnnl::pooling_v2_forward::desc description(dnnl::prop_kind::forward_inference, algorithm, plain_layout(x),
                                                   plain_layout(y), window.strides, window.kernel, window.dilates,
                                                   window.pads_begin, window.pads_end);
  const dnnl::pooling_v2_forward::primitive_desc primitive(description, run_time_scratchpad(), cpu_engine());
  auto operation = std::make_shared<DnnlOperation>(dnnl::pooling_v2_forward(primitive), primitive.scratchpad_desc());
  operation->add_input(DNNL_ARG_SRC, plain_layout(x), primitive.src_desc());
  operation->set_output(plain_layout(y), primitive.dst_desc());
  return kernel_of(operation, {0}, request.output);
}

/// The shape with ones in front, so that both factors have the same number of axes.
Shape padded_shape(const Shape& shape, std::size_t rank) {
  Shape padded(rank - shape.size(), 1);
  padded.insert(padded.end(), shape.begin(), shape.end());
  return padded;
}

/// A factor as the product takes it, and its strides where it lies transposed in memory.
struct Factor {
  Shape shape, strides;
};

/// A × B → output, all of the same rank.
Kernel multiply(const KernelRequest& request, const Factor& a, const Factor& b, const Shape& output) {
  const dnnl::matmul::desc description(any_layout(a.shape), any_layout(b.shape), any_layout(output));
  const dnnl::matmul::primitive_desc primitive(description, run_time_scratchpad(), cpu_engine());
  auto operation = std::make_shared<DnnlOperation>(dnnl::matmul(primitive), primitive.scratchpad_desc());
  std::vector<std::size_t> operands;
  add_operand(request, 0, DNNL_ARG_SRC, plain_layout(a.shape, a.strides), primitive.src_desc(), *operation, operands);
  add_operand(request, 1, DNNL_ARG_WEIGHTS, plain_layout(b.shape, b.strides), primitive.weights_desc(), *operation,
              operands);
  operation->set_output(plain_layout(output), primitive.dst_desc());
  return kernel_of(operation, operands, request.output);
}

/// A matrix, or its transpose.
Factor matrix(const Shape& shape, bool transposed) {
  return transposed ? Factor{{shape[1], shape[0]}, {1, shape[1]}} : Factor{shape, {}};
}

/// y = alpha * y + beta * c, c broadcast from one of the forms [], [1], [n], [1, n], [m, 1], [m, n].
void scale_and_add(FloatTensor& y, float alpha, const FloatTensor* c, float beta) {
  const std::int64_t rows = y.shape[0], columns = y.shape[1];
  Shape shape = c == nullptr ? Shape{1, 1} : padded_shape(c->shape, 2);
  const std::int64_t row_step = shape[0] == 1 ? 0 : shape[1], column_step = shape[1] == 1 ? 0 : 1;
  for (std::int64_t row = 0; row < rows; ++row) {
    float* line = y.data.data() + row * columns;
    for (std::int64_t column = 0; column < columns; ++column) {
      line[column] *= alpha;
      if (c != nullptr) line[column] += beta * nth(c->data, row * row_step + column * column_step);
    }
  }
}

}  // namespace

Kernel make_convolution(const KernelRequest& request) {
  const NodeView& view = request.view;
  const Shape w = with_height(view.inputs[1]->shape), x = with_height(view.inputs[0]->shape);
  const std::int64_t groups = int_attribute(view.node, "group", 1);
  const Shape weights = groups == 1 ? w : Shape{groups, w[0] / groups, w[1], w[2], w[3]};
  const auto primitive = describe_convolution(request, weights);
  auto operation = std::make_shared<DnnlOperation>(dnnl::convolution_forward(primitive), primitive.scratchpad_desc());
  std::vector<std::size_t> operands;
  add_operand(request, 0, DNNL_ARG_SRC, plain_layout(x), primitive.src_desc(), *operation, operands);
  add_operand(request, 1, DNNL_ARG_WEIGHTS, plain_layout(weights), primitive.weights_desc(), *operation, operands);
  if (optional_input(view, 2) != nullptr) {
    add_operand(request, 2, DNNL_ARG_BIAS, plain_layout({w[0]}), primitive.bias_desc(), *operation, operands);
  }
  operation->set_output(plain_layout(with_height(request.output)), primitive.dst_desc());
  return kernel_of(operation, operands, request.output);
}

Kernel make_max_pool(const KernelRequest& request) { return make_pool(request, dnnl::algorithm::pooling_max); }

Kernel make_average_pool(const KernelRequest& request) {
  const bool include = int_attribute(request.view.node, "count_include_pad", 0) != 0;
  return make_pool(
      request, include ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_avg_exclude_padding);
}

Kernel make_matmul(const KernelRequest& request) {
  const Shape& left = request.view.inputs[0]->shape;
  const Shape& right = request.view.inputs[1]->shape;
  const Shape a = left.size() == 1 ? Shape{1, left[0]} : left;
  const Shape b = right.size() == 1 ? Shape{right[0], 1} : right;
  const std::size_t rank = std::max(a.size(), b.size());
  Shape output = request.output;  // with the axes that vectors lack
  if (left.size() == 1) output.insert(output.end() - (right.size() == 1 ? 0 : 1), 1);
  if (right.size() == 1) output.push_back(1);
  return multiply(request, {padded_shape(a, rank), {}}, {padded_shape(b, rank), {}}, output);
}

Kernel make_gemm(const KernelRequest& request) {
  const NodeView& view = request.view;
  const float alpha = float_attribute(view.node, "alpha", 1.0F), beta = float_attribute(view.node, "beta", 1.0F);
  Kernel product = multiply(request, matrix(view.inputs[0]->shape, int_attribute(view.node, "transA", 0) != 0),
                            matrix(view.inputs[1]->shape, int_attribute(view.node, "transB", 0) != 0), request.output);
  const std::size_t factors = product.operands.size();
  if (optional_input(view, 2) != nullptr) product.operands.push_back(2);
  return {product.operands, [factors, alpha, beta, run = product.run](const Operands& operands) {
            FloatTensor y = run({operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(factors)});
            scale_and_add(y, alpha, operands.size() > factors ? operands[factors] : nullptr, beta);
            return y;
          }};
}

}  // namespace systoliq::sw_ref
