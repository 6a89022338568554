// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's Softmax of 8-bit integers, which the host computes behind the last layer.
#pragma once

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Stored integers of e^(beta x) / sum e^(beta x) over all channels of each pixel of `logits`, [1, c, h, w] with the
/// parameters `in`. Presets of TensorFlow Lite's reference kernels: in fixed point. xnn_fp32: by a table of floats, as
/// LiteRT's other kernels.
/// Throws InputError where the output's scale is not 1/256 with the lowest value as zero point.
IntTensor tflite_softmax(const HostSoftmax& softmax, const QuantizedTensor& in, Preset preset, const IntTensor& logits);

}  // namespace systoliq::sw_ref
