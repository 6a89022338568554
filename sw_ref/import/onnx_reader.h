// SPDX-License-Identifier: Apache-2.0
// Reads ONNX files into Graph: checker, opset handling, shape inference, topological order. Protobuf stays inside.
#pragma once

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// Reads and checks a model (any opset that libonnx infers). Throws InputError naming file, node, operator, attribute.
/// Symbolic batch becomes 1; any other unknown dimension is an error. Constant and Identity of constants are folded.
Graph read_onnx(const std::string& path);
Graph parse_onnx(const std::string& bytes, const std::string& origin);

/// Reads a TensorProto file (.pb), as ONNX test data has them.
Value read_tensor_proto(const std::string& path);

}  // namespace systoliq::sw_ref
