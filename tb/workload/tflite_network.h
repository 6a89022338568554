// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite files as networks: their outputs as the file has them, channels last and behind a final Softmax.
#pragma once

#include <string>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "tb/workload/output_batches.h"
#include "tb/workload/workload.h"

namespace systoliq::tb {

/// What a user should know of the arithmetic, a line.
std::string tflite_remark(Preset preset);

/// Takes over from the file in which order inputs and outputs lie there.
void set_file_layouts(const sw_ref::TfliteNetwork& file, Workload* workload);

/// Gives the network's outputs the order and the Softmax of its file: they become tensors of their own behind those of
/// the network, in every image of `outputs`. Where the file says no more than the network, nothing changes.
void to_file_outputs(Workload* workload, ImageTensors* outputs);

}  // namespace systoliq::tb
