// SPDX-License-Identifier: Apache-2.0
// From TensorProto to Value, with every size checked before memory is taken. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// The element type of ONNX number `data_type`. Throws InputError naming `what` and the accepted types.
ElementType element_type(int data_type, const std::string& what);

/// The constant that `tensor` holds in raw_data or in the typed fields. External data and segments are refused.
Value to_value(const onnx::TensorProto& tensor, const std::string& what);

}  // namespace systoliq::sw_ref
