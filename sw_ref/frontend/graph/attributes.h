// SPDX-License-Identifier: Apache-2.0
// Typed access to a node's attributes, with ONNX's defaults given by the caller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/tensor.h"

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
std::vector<float> floats_attribute(const Node& node, const std::string& name, const std::vector<float>& fallback);

}  // namespace systoliq::sw_ref
