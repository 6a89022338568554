// SPDX-License-Identifier: Apache-2.0
// The structure of an ONNX graph before any operator is looked at: every name defined once, every input defined, no
// cycle, and which nodes the outputs depend on. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace systoliq::sw_ref {

/// The nodes that the network's outputs depend on, each behind those that it reads, else in file order.
struct GraphOrder {
  std::vector<int> nodes;                              ///< indices into GraphProto::node
  std::unordered_map<std::string, std::int64_t> uses;  ///< how often these nodes and the outputs read a tensor
};

/// Takes time linear in the size of the graph (times a logarithm of its nodes). Throws InputError naming the tensor or
/// node: for a name that is defined twice or nowhere, for a graph without inputs and nodes, and for a cycle.
GraphOrder order_of(const onnx::GraphProto& graph);

}  // namespace systoliq::sw_ref
