// SPDX-License-Identifier: Apache-2.0
// From NodeProto to Node. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// ai.onnx has two spellings; here it is "".
std::string canonical_domain(const std::string& domain);

/// Operator, domain, inputs and outputs of the node at `index` of its graph, and its name ("<op>_<index>" where it has
/// none); no attributes.
Node node_head(const onnx::NodeProto& proto, int index);

/// An attribute's value. Throws InputError naming the node for tensors, graphs and types.
Attribute to_attribute(const Node& node, const onnx::AttributeProto& attribute);

/// The tensor of a Constant node in any of its attribute forms. External data lie in `folder`. Throws InputError.
Value constant_value(const Node& node, const onnx::NodeProto& proto, const std::string& folder);

}  // namespace systoliq::sw_ref
