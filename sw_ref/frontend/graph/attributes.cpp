// SPDX-License-Identifier: Apache-2.0
// Attribute look-up with the caller's default, and the window geometry of convolution and pooling (ONNX operators Conv,
// MaxPool and AveragePool: kernel_shape, strides, dilations, pads, auto_pad, ceil_mode).
#include "sw_ref/frontend/graph/attributes.h"

#include <algorithm>
#include <limits>

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kLargestWindowValue = 1 << 20;

template <typename T>
T attribute_or(const Node& node, const std::string& name, const T& fallback, const char* type) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return fallback;
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) refuse(node, "attribute '" + name + "' has the wrong type; accepted: " + type);
  return *value;
}

std::vector<std::int64_t> positive_pair(const Node& node, const std::string& name,
                                        const std::vector<std::int64_t>& fallback) {
  const std::vector<std::int64_t> values = ints_attribute(node, name, fallback);
  if (values.size() != 2) {
    refuse(node,
           "'" + name + "' has " + std::to_string(values.size()) + " values; accepted: 2 (two-dimensional windows)");
  }
  for (const std::int64_t value : values) {
    if (value < 1 || value > kLargestWindowValue) {
      refuse(node, "'" + name + "' holds " + std::to_string(value) + "; accepted: 1 to 1048576");
    }
  }
  return values;
}

std::vector<std::int64_t> kernel_of(const Node& node, const Shape& kernel) {
  Shape given = kernel;
  if (given.size() == 4) given.erase(given.begin(), given.begin() + 2);  // a weight tensor [o, i, kh, kw]
  const std::vector<std::int64_t> values = positive_pair(node, "kernel_shape", given);
  if (!given.empty() && values != given) {
    refuse(node, "kernel_shape " + to_string(values) + " differs from the weights' " + to_string(given));
  }
  return values;
}

/// Pads as ONNX orders them: top, left, bottom, right.
std::vector<std::int64_t> explicit_pads(const Node& node) {
  const std::vector<std::int64_t> pads = ints_attribute(node, "pads", {0, 0, 0, 0});
  if (pads.size() != 4) refuse(node, "'pads' has " + std::to_string(pads.size()) + " values; accepted: 4");
  for (const std::int64_t pad : pads) {
    if (pad < 0 || pad > kLargestWindowValue) {
      refuse(node, "'pads' holds " + std::to_string(pad) + "; accepted: 0 to 1048576");
    }
  }
  return pads;
}

/// SAME: the output has ceil(size / stride) elements; SAME_UPPER puts the odd element at the end.
void same_pads(std::vector<std::int64_t>& pads, std::size_t axis, std::int64_t size, std::int64_t extent,
               std::int64_t stride, bool upper) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + extent - size, 0);
  pads[axis] = upper ? total / 2 : total - total / 2;
  pads[axis + 2] = total - pads[axis];
}

}  // namespace

std::string describe(const Node& node) {
  const std::string domain = node.domain.empty() ? "" : node.domain + ".";
  return "node '" + node.name + "' (" + domain + node.op + ")";
}

void refuse(const Node& node, const std::string& what) { throw InputError(describe(node) + ": " + what); }

std::int64_t int_attribute(const Node& node, const std::string& name, std::int64_t fallback) {
  return attribute_or(node, name, fallback, "INT");
}

float float_attribute(const Node& node, const std::string& name, float fallback) {
  return attribute_or(node, name, fallback, "FLOAT");
}

std::string string_attribute(const Node& node, const std::string& name, const std::string& fallback) {
  return attribute_or(node, name, fallback, "STRING");
}

std::vector<std::int64_t> ints_attribute(const Node& node, const std::string& name,
                                         const std::vector<std::int64_t>& fallback) {
  return attribute_or(node, name, fallback, "INTS");
}

Window window_of(const Node& node, const Shape& input, const Shape& kernel) {
  if (input.size() != 4) {
    refuse(node, "input has shape " + to_string(input) + "; accepted: [n, c, h, w] (two-dimensional windows)");
  }
  const std::vector<std::int64_t> sizes = kernel_of(node, kernel);
  const std::vector<std::int64_t> strides = positive_pair(node, "strides", {1, 1});
  const std::vector<std::int64_t> dilations = positive_pair(node, "dilations", {1, 1});
  std::vector<std::int64_t> pads = explicit_pads(node);
  const std::string auto_pad = string_attribute(node, "auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER") {
    refuse(node, "auto_pad is '" + auto_pad + "'; accepted: NOTSET, VALID, SAME_UPPER, SAME_LOWER");
  }
  if (auto_pad != "NOTSET" && pads != std::vector<std::int64_t>{0, 0, 0, 0}) {
    refuse(node, "has both pads and auto_pad " + auto_pad + "; accepted: one of them");
  }
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t extent = (sizes[axis] - 1) * dilations[axis] + 1;
    const std::int64_t size = input[axis + 2];
    if (auto_pad.rfind("SAME", 0) == 0) same_pads(pads, axis, size, extent, strides[axis], auto_pad == "SAME_UPPER");
    const std::int64_t room = size + pads[axis] + pads[axis + 2] - extent;
    if (room < 0) {
      refuse(node, "the window covers " + std::to_string(extent) + " elements but the padded input has " +
                       std::to_string(size + pads[axis] + pads[axis + 2]));
    }
    if (int_attribute(node, "ceil_mode", 0) != 0 && room % strides[axis] != 0) {
      refuse(node, "ceil_mode 1 adds a partial window; accepted: ceil_mode 0, or sizes that the stride divides");
    }
  }
  const auto narrow = [](std::int64_t value) { return static_cast<int>(value); };
  return {narrow(sizes[0]),     narrow(sizes[1]), narrow(strides[0]), narrow(strides[1]), narrow(dilations[0]),
          narrow(dilations[1]), narrow(pads[0]),  narrow(pads[1]),    narrow(pads[2]),    narrow(pads[3])};
}

Shape window_positions(const Window& window, const Shape& input) {
  const auto positions = [](std::int64_t padded, int kernel, int dilation, int stride) {
    return (padded - (std::int64_t{kernel - 1} * dilation + 1)) / stride + 1;
  };
  return {positions(input[2] + window.pad_top + window.pad_bottom, window.kernel_height, window.dilation_height,
                    window.stride_height),
          positions(input[3] + window.pad_left + window.pad_right, window.kernel_width, window.dilation_width,
                    window.stride_width)};
}

}  // namespace systoliq::sw_ref
