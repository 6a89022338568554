// SPDX-License-Identifier: Apache-2.0
// Images one by one: a model written for a fixed batch as one for a batch of 1. Internal to the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

namespace systoliq::sw_ref {

/// Sets axis 0 of every input of two axes or more to 1, and with it the first element of Reshape shapes that name the
/// batch; declared shapes of other tensors are dropped, since they are inferred again. Returns the batch. Throws
/// InputError where inputs have different batches.
std::int64_t set_batch_to_one(onnx::ModelProto& model);

}  // namespace systoliq::sw_ref
