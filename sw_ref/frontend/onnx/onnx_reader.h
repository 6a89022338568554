// SPDX-License-Identifier: Apache-2.0
// Reads ONNX files into Graph: checker, opset handling, shape inference, topological order. Protobuf stays inside.
#pragma once

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// A model may be written for a fixed batch: kept, or read as the same model for one image.
enum class Batch { kAsStored, kOne };

/// Reads and checks a model of opset 7 to 15. Throws InputError naming file, node, operator, attribute. Symbolic batch
/// becomes 1; any other unknown dimension is an error. Initializers, also those listed as inputs, are constants. Folded
/// into constants are Constant, Shape, and of constants Identity, Dropout, Reshape, Flatten, Squeeze, Unsqueeze,
/// Transpose, Concat, Gather, Cast and QuantizeLinear; DequantizeLinear of constants stays a node. Every tensor that is
/// computed at run time is FLOAT, INT8 or UINT8, and each node has exactly one output.
Graph read_onnx(const std::string& path, Batch batch = Batch::kAsStored);
Graph parse_onnx(const std::string& bytes, const std::string& origin, Batch batch = Batch::kAsStored);

/// Reads a TensorProto file (.pb), as ONNX test data has them.
Value read_tensor_proto(const std::string& path);

}  // namespace systoliq::sw_ref
