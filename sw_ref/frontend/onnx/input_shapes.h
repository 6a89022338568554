// SPDX-License-Identifier: Apache-2.0
// Sizes that a model leaves open, given by its user. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <string>

#include "types/tensor.h"

namespace systoliq::sw_ref {

/// Gives the inputs these shapes. A size that the model states must be equal; a symbol stands for the same size in
/// every input. Throws InputError naming input and axis, also for a name that no input has.
void set_input_shapes(onnx::ModelProto& model, const std::map<std::string, Shape>& shapes);

}  // namespace systoliq::sw_ref
