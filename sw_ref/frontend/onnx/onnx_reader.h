// SPDX-License-Identifier: Apache-2.0
// Reads ONNX files into Graph: structure, opset handling, shape inference, folding, topological order. Protobuf stays
// inside.
#pragma once

#include <map>
#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// A model may be written for a fixed batch: kept, or read as the same model for one image.
enum class Batch { kAsStored, kOne };

struct ReadOptions {
  ReadOptions(Batch b = Batch::kAsStored)
      : batch(b) {}  // NOLINT(google-explicit-constructor): most callers give no more
  Batch batch;
  std::map<std::string, Shape> shapes;                       ///< of inputs, for sizes that the model leaves open
  std::string folder;                                        ///< of external data; read_onnx() puts the file's own
  std::int64_t most_constant_bytes = std::int64_t{1} << 30;  ///< of all constants at once, those made by folding too
};

/// Reads and checks a model of opset 7 to 24. Throws InputError naming file, node, operator, attribute. A symbolic size
/// is the one that `shapes` gives, else 1 for the batch; any other unknown dimension is an error. Initializers, also
/// those listed as inputs, are constants. What constants alone determine is folded into constants, apart from
/// DequantizeLinear and the operators with sums of products; Shape is a constant always. Nodes that no output depends
/// on are left out. Every node of the graph has exactly one output: a node with several that are used becomes one for
/// each, with the attribute `output` counting them. The float types of ONNX are all FLOAT in the graph.
Graph read_onnx(const std::string& path, const ReadOptions& options = {});
Graph parse_onnx(const std::string& bytes, const std::string& origin, const ReadOptions& options = {});

/// Reads a TensorProto file (.pb), as ONNX test data has them.
Value read_tensor_proto(const std::string& path);

}  // namespace systoliq::sw_ref
