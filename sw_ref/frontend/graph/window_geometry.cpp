// SPDX-License-Identifier: Apache-2.0
// Window geometry of convolution and pooling (ONNX operators Conv, ConvTranspose, MaxPool and AveragePool:
// kernel_shape, strides, dilations, pads, auto_pad, ceil_mode, output_shape, output_padding).
#include "sw_ref/frontend/graph/window_geometry.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using Values = std::vector<std::int64_t>;

constexpr std::int64_t kLargestWindowValue = 1 << 20;

/// What a node says of its window, an entry for each of its one or two dimensions.
struct Geometry {
  Values sizes, strides, dilations, begins, ends;
};

Values spatial(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

/// An attribute with a value for each dimension, all of `least` or more.
Values dimension_values(const Node& node, const std::string& name, const Values& fallback, std::size_t count,
                        std::int64_t least) {
  const Values values = ints_attribute(node, name, fallback);
  if (values.size() != count) {
    refuse(node, "'" + name + "' has " + std::to_string(values.size()) + " values; accepted: " + std::to_string(count));
  }
  for (const std::int64_t value : values) {
    if (value < least || value > kLargestWindowValue) {
      refuse(node,
             "'" + name + "' holds " + std::to_string(value) + "; accepted: " + std::to_string(least) + " to 1048576");
    }
  }
  return values;
}

Values kernel_of(const Node& node, const Shape& weights, std::size_t dimensions) {
  const Values given = weights.empty() ? Values{} : spatial(weights);
  const Values values = dimension_values(node, "kernel_shape", given, dimensions, 1);
  if (!given.empty() && values != given) {
    refuse(node, "kernel_shape " + to_string(values) + " differs from the weights' " + to_string(given));
  }
  return values;
}

std::string auto_pad_of(const Node& node) {
  const std::string mode = string_attribute(node, "auto_pad", "NOTSET");
  if (mode != "NOTSET" && mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    refuse(node, "auto_pad is '" + mode + "'; accepted: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  }
  return mode;
}

/// The attributes, with pads as the node has them: all zero where auto_pad computes them.
Geometry geometry_of(const Node& node, const Shape& input, const Shape& weights) {
  if (input.size() != 4 && input.size() != 3) {
    refuse(node, "input has shape " + to_string(input) +
                     "; accepted: [n, c, h, w] or [n, c, l] (one- and two-dimensional windows)");
  }
  const std::size_t dimensions = input.size() - 2;
  Geometry geometry;
  geometry.sizes = kernel_of(node, weights, dimensions);
  geometry.strides = dimension_values(node, "strides", Values(dimensions, 1), dimensions, 1);
  geometry.dilations = dimension_values(node, "dilations", Values(dimensions, 1), dimensions, 1);
  const Values none(2 * dimensions, 0);
  const Values pads = dimension_values(node, "pads", none, 2 * dimensions, 0);
  const std::string mode = auto_pad_of(node);
  if (mode != "NOTSET" && pads != none) {
    refuse(node, "has both pads and auto_pad " + mode + "; accepted: one of them");
  }
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(dimensions);
  geometry.begins.assign(pads.begin(), middle);
  geometry.ends.assign(middle, pads.end());
  return geometry;
}

std::int64_t extent_of(const Geometry& geometry, std::size_t axis) {
  return (geometry.sizes[axis] - 1) * geometry.dilations[axis] + 1;
}

/// SAME: the odd element of `total` goes to the end with SAME_UPPER, to the beginning with SAME_LOWER.
void share(Geometry& geometry, std::size_t axis, std::int64_t total, bool upper) {
  geometry.begins[axis] = upper ? total / 2 : total - total / 2;
  geometry.ends[axis] = total - geometry.begins[axis];
}

/// ceil_mode adds a window that begins inside the input or its first pad, if one fits in part.
void add_partial_window(const Node& node, Geometry& geometry, std::size_t axis, std::int64_t size, std::int64_t room) {
  const std::int64_t rest = room % geometry.strides[axis];
  const std::int64_t start = room - rest + geometry.strides[axis];
  if (rest == 0 || start >= size + geometry.begins[axis]) return;
  if (int_attribute(node, "count_include_pad", 0) != 0) {
    refuse(node,
           "ceil_mode 1 adds a partial window to an average with count_include_pad 1; accepted: one of them, or "
           "sizes that the stride divides");
  }
  geometry.ends[axis] += geometry.strides[axis] - rest;
}

Window window_from(const Geometry& geometry) {
  const auto of = [&](const Values& values, std::size_t axis, int fallback) {
    const std::size_t missing = 2 - values.size();  // a line is one row
    return axis < missing ? fallback : static_cast<int>(values[axis - missing]);
  };
  Window window;
  window.kernel_height = of(geometry.sizes, 0, 1);
  window.kernel_width = of(geometry.sizes, 1, 1);
  window.stride_height = of(geometry.strides, 0, 1);
  window.stride_width = of(geometry.strides, 1, 1);
  window.dilation_height = of(geometry.dilations, 0, 1);
  window.dilation_width = of(geometry.dilations, 1, 1);
  window.pad_top = of(geometry.begins, 0, 0);
  window.pad_left = of(geometry.begins, 1, 0);
  window.pad_bottom = of(geometry.ends, 0, 0);
  window.pad_right = of(geometry.ends, 1, 0);
  return window;
}

}  // namespace

Shape with_height(const Shape& shape) { return shape.size() == 3 ? Shape{shape[0], shape[1], 1, shape[2]} : shape; }

Shape with_rank_of(const Shape& shape, const Shape& like) {
  return like.size() == 3 ? Shape{shape[0], shape[1], shape[3]} : shape;
}

Window window_of(const Node& node, const Shape& input, const Shape& weights) {
  Geometry geometry = geometry_of(node, input, weights);
  const std::string mode = auto_pad_of(node);
  for (std::size_t axis = 0; axis < geometry.sizes.size(); ++axis) {
    const std::int64_t extent = extent_of(geometry, axis), stride = geometry.strides[axis], size = input[axis + 2];
    if (mode.rfind("SAME", 0) == 0) {
      const std::int64_t outputs = (size + stride - 1) / stride;
      share(geometry, axis, std::max<std::int64_t>((outputs - 1) * stride + extent - size, 0), mode == "SAME_UPPER");
    }
    const std::int64_t padded = size + geometry.begins[axis] + geometry.ends[axis];
    if (padded < extent) {
      refuse(node, "the window covers " + std::to_string(extent) + " elements but the padded input has " +
                       std::to_string(padded));
    }
    if (int_attribute(node, "ceil_mode", 0) != 0) add_partial_window(node, geometry, axis, size, padded - extent);
  }
  return window_from(geometry);
}

Shape window_positions(const Window& window, const Shape& input) {
  const Shape image = with_height(input);
  const auto positions = [](std::int64_t padded, int kernel, int dilation, int stride) {
    return (padded - (std::int64_t{kernel - 1} * dilation + 1)) / stride + 1;
  };
  return {positions(image[2] + window.pad_top + window.pad_bottom, window.kernel_height, window.dilation_height,
                    window.stride_height),
          positions(image[3] + window.pad_left + window.pad_right, window.kernel_width, window.dilation_width,
                    window.stride_width)};
}

/// output = stride * (input - 1) + output_padding + extent - pads; with output_shape or SAME the pads follow from it.
TransposedWindow transposed_window_of(const Node& node, const Shape& input, const Shape& weights) {
  Geometry geometry = geometry_of(node, input, weights);
  const std::size_t dimensions = geometry.sizes.size();
  const Values added = dimension_values(node, "output_padding", Values(dimensions, 0), dimensions, 0);
  const Values wanted = ints_attribute(node, "output_shape", {});
  const std::string mode = auto_pad_of(node);
  Values outputs;
  for (std::size_t axis = 0; axis < dimensions; ++axis) {
    const std::int64_t stride = geometry.strides[axis], size = input[axis + 2];
    const std::int64_t whole = stride * (size - 1) + added[axis] + extent_of(geometry, axis);
    std::int64_t output = whole - geometry.begins[axis] - geometry.ends[axis];
    if (!wanted.empty()) {
      if (wanted.size() < dimensions) refuse(node, "'output_shape' has " + std::to_string(wanted.size()) + " values");
      output = wanted[wanted.size() - dimensions + axis];
    } else if (mode.rfind("SAME", 0) == 0) {
      output = size * stride;
    }
    const std::int64_t spare = std::max(stride, geometry.dilations[axis]);  // rows that no window reaches
    if (output < 1 || output >= whole + spare || added[axis] >= spare) {
      refuse(node, "makes " + std::to_string(output) + " elements of " + std::to_string(size) +
                       " with output_padding " + std::to_string(added[axis]) + "; accepted: 1 to " +
                       std::to_string(whole + spare - 1) + " elements, output_padding below stride or dilation");
    }
    if (!wanted.empty() || mode.rfind("SAME", 0) == 0) {
      share(geometry, axis, std::max<std::int64_t>(whole - output, 0), mode == "SAME_UPPER");
    }
    outputs.push_back(output);
  }
  if (dimensions == 1) outputs.insert(outputs.begin(), 1);
  return {window_from(geometry), outputs};
}

}  // namespace systoliq::sw_ref
