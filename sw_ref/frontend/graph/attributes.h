// SPDX-License-Identifier: Apache-2.0
// Typed access to a node's attributes, with ONNX's defaults given by the caller, and the window geometry they describe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// "node 'conv1' (Conv)", the way every error names a node.
std::string describe(const Node& node);

/// Throws InputError: the node, then `what`.
[[noreturn]] void refuse(const Node& node, const std::string& what);

/// The attribute, or `fallback` where the node has none. Throws InputError naming the node on another type.
std::int64_t int_attribute(const Node& node, const std::string& name, std::int64_t fallback);
float float_attribute(const Node& node, const std::string& name, float fallback);
std::string string_attribute(const Node& node, const std::string& name, const std::string& fallback);
std::vector<std::int64_t> ints_attribute(const Node& node, const std::string& name,
                                         const std::vector<std::int64_t>& fallback);

/// kernel_shape (or the given kernel where the attribute is absent), strides, dilations, pads and auto_pad (NOTSET,
/// VALID, SAME_UPPER, SAME_LOWER) of a Conv or pooling node over an input [n, c, h, w], with explicit pads as the
/// result. Throws InputError for windows that are not two-dimensional, for non-positive values, and for ceil_mode 1
/// unless it changes nothing.
Window window_of(const Node& node, const Shape& input, const Shape& kernel);

/// Positions of the window along the height and the width of an input [n, c, h, w]: {oh, ow}.
Shape window_positions(const Window& window, const Shape& input);

}  // namespace systoliq::sw_ref
