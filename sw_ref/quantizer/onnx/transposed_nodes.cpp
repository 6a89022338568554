// SPDX-License-Identifier: Apache-2.0
// What the pads at the end and output_padding must be.
#include "sw_ref/quantizer/onnx/transposed_nodes.h"

#include <algorithm>

namespace systoliq::sw_ref {

void set_transposed_window(onnx::NodeProto& node, const Window& w, int groups, const Shape& input,
                           const Shape& output) {
  const auto whole = [](std::int64_t in, int kernel, int stride, int dilation, int pad) {
    return stride * (in - 1) + std::int64_t{kernel - 1} * dilation + 1 - pad;
  };
  const std::int64_t height = whole(input[2], w.kernel_height, w.stride_height, w.dilation_height, w.pad_top);
  const std::int64_t width = whole(input[3], w.kernel_width, w.stride_width, w.dilation_width, w.pad_left);
  const auto positive = [](std::int64_t amount) { return std::max<std::int64_t>(amount, 0); };
  OnnxGraph::set_ints(node, "kernel_shape", {w.kernel_height, w.kernel_width});
  OnnxGraph::set_ints(node, "strides", {w.stride_height, w.stride_width});
  OnnxGraph::set_ints(node, "dilations", {w.dilation_height, w.dilation_width});
  OnnxGraph::set_ints(node, "pads", {w.pad_top, w.pad_left, positive(height - output[2]), positive(width - output[3])});
  OnnxGraph::set_ints(node, "output_padding", {positive(output[2] - height), positive(output[3] - width)});
  OnnxGraph::set_int(node, "group", groups);
}

Shape input_major_shape(const Shape& shape, int groups) {
  return {shape[1] * groups, shape[0] / groups, shape[2], shape[3]};
}

}  // namespace systoliq::sw_ref
