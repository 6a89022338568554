// SPDX-License-Identifier: Apache-2.0
// A quantized TensorFlow Lite file as an integer network, with the integers of the runtime that a preset stands for.
#pragma once

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// tflite_16x8 for a file with INT16 activations, else tflite_ref.
Preset default_tflite_preset(const TfliteNetwork& file);

/// Throws InputError naming the operator that has no layer, and one whose integers the preset does not define.
QuantizedNetwork read_quantized(const TfliteNetwork& file, Preset preset);

/// The runtime whose integers a file's network has under the preset, for people.
std::string tflite_runtime(Preset preset);

}  // namespace systoliq::sw_ref
