// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's Softmax of integers, which the host computes behind the last layer.
#pragma once

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Throws InputError where the output is not 8 bits of scale 1/256 with the lowest value as zero point, or 16 of scale
/// 1/32768 with 0, as the input has them.
void check_softmax(const HostSoftmax& softmax, const QuantizedTensor& in);

/// Stored integers of e^(beta x) / sum e^(beta x) over all channels of each pixel of `logits`, [1, c, h, w] with the
/// parameters `in`. Presets of TensorFlow Lite's reference kernels: in fixed point. xnn_fp32: by a table of floats, as
/// LiteRT's other kernels. 16 bits have a form of their own (wide_softmax.h), the same in all runtimes. Throws
/// InputError as check_softmax().
IntTensor tflite_softmax(const HostSoftmax& softmax, const QuantizedTensor& in, Preset preset, const IntTensor& logits);

}  // namespace systoliq::sw_ref
