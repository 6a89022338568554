// SPDX-License-Identifier: Apache-2.0
// Tensors whose data lie in a file beside the model. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

namespace systoliq::sw_ref {

/// The `size` bytes of a tensor's external data (entries 'location', 'offset', 'length'). The location is relative to
/// `folder`, the model's, and stays inside it: no absolute path, no "..", no link out of it. An empty `folder` stands
/// for a model that came from no file. Throws InputError naming `what` and the location as the model gives it.
std::string read_external_data(const onnx::TensorProto& tensor, const std::string& folder, std::size_t size,
                               const std::string& what);

/// True where the tensor keeps its data in another file.
bool is_external(const onnx::TensorProto& tensor);

}  // namespace systoliq::sw_ref
