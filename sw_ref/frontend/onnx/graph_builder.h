// SPDX-License-Identifier: Apache-2.0
// From a parsed ModelProto to Graph. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

/// Opset of ai.onnx that the model imports, 7 to 24. Throws InputError for others.
std::int64_t imported_opset(const onnx::ModelProto& model);

/// Builds the graph of what the outputs depend on: initializers, Constant nodes and everything folded as constants,
/// shapes inferred, nodes in an order that can be computed. External data lie in the options' folder. Constants take up
/// to the bytes that the options give, tensors at run time up to 2^29 elements in all. Throws InputError naming what
/// cannot be used.
Graph build_graph(const onnx::ModelProto& model, const ReadOptions& options);

}  // namespace systoliq::sw_ref
