// SPDX-License-Identifier: Apache-2.0
// From a parsed ModelProto to Graph. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// Opset of ai.onnx that the model imports, 7 to 15. Throws InputError for others.
std::int64_t imported_opset(const onnx::ModelProto& model);

/// Throws InputError naming the first node whose operator is not supported.
void check_operators(const onnx::ModelProto& model);

/// Builds the graph: initializers, Constant nodes and everything folded as constants, shapes inferred, every name
/// defined before its use. Throws InputError naming what cannot be used.
Graph build_graph(const onnx::ModelProto& model);

/// Throws InputError where `type`, declared in the file, contradicts `value`; unknown and symbolic sizes fit anything.
void check_declared_type(const onnx::TypeProto& type, const Value& value);

}  // namespace systoliq::sw_ref
