// SPDX-License-Identifier: Apache-2.0
// Functions of one element as ONNX nodes.
#pragma once

#include <string>

#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "types/element_function.h"

namespace systoliq::sw_ref {

/// One node a step, the last one named `node`, from tensor `input` to `output`; constants are scalars. Raises the
/// graph's opset to the oldest that has the operators. The function must have steps.
void write_function(const ElementFunction& function, const std::string& node, const std::string& input,
                    const std::string& output, OnnxGraph* graph);

}  // namespace systoliq::sw_ref
