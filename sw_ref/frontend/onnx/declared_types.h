// SPDX-License-Identifier: Apache-2.0
// What a file declares about its tensors, against what the rules infer. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// Throws InputError naming the tensor where a declared type or size contradicts the graph's; unknown and symbolic
/// sizes fit anything.
void check_declarations(const onnx::GraphProto& declared, const Graph& graph);

}  // namespace systoliq::sw_ref
