// SPDX-License-Identifier: Apache-2.0
// From TensorProto to Value, with every size checked before memory is taken. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// The element type of ONNX number `data_type`. All floating-point types (FLOAT, FLOAT16, BFLOAT16, DOUBLE) are FLOAT
/// here. Throws InputError naming `what` and the accepted types.
ElementType element_type(int data_type, const std::string& what);

/// The constant that `tensor` holds in raw_data, in the typed fields, or in a file in `folder`, the model's (empty:
/// none is accepted). FLOAT16 and BFLOAT16 become float, which holds them exactly; so does DOUBLE where every value is
/// a float. Throws InputError naming `what`, for a value that would change also the element; segments are refused.
Value to_value(const onnx::TensorProto& tensor, const std::string& folder, const std::string& what);

}  // namespace systoliq::sw_ref
