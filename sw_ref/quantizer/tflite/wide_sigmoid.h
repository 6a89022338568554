// SPDX-License-Identifier: Apache-2.0
// LOGISTIC and TANH of 16-bit integers, as TensorFlow Lite's reference kernels interpolate them.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_reader.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Entry i is the stored output for stored input i - 2^15. `op` is kLogistic or kTanh. Throws InputError where the
/// output has another scale than 2^-15, or the input one that the kernel's 32 bits do not hold.
std::vector<std::int32_t> wide_sigmoid_table(TfliteOp op, const QuantizedTensor& in, const QuantizedTensor& out);

}  // namespace systoliq::sw_ref
