// SPDX-License-Identifier: Apache-2.0
// The residual add of preset ort_x86, in the processor's own single precision, as ONNX Runtime's AVX2 kernel has it.
#pragma once

#include <cstdint>

#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// An operand or the sum: its integers are stored ones plus an offset (sum_offset() of its layer).
struct FloatAddTensor {
  const QuantizedTensor& tensor;
  std::int32_t offset = 0;
};
struct FloatAddTensors {
  FloatAddTensor a, b, out;
};

/// ratio_a = fl(Sa / Sy), ratio_b = fl(Sb / Sy), fixed = fl(Zy - fl(ratio_a Za + fl(ratio_b Zb))), the inner sum fused;
/// zero points with their offsets.
struct FloatAdd {
  float ratio_a = 0.0F, ratio_b = 0.0F, fixed = 0.0F;
};

/// Throws InputError for a ratio outside [2^-40, 2^21), or activations of more than 16 bits.
FloatAdd derive_float_add(const FloatAddTensors& tensors);

/// half even(fl(a ratio_a + fl(b ratio_b + fixed))), both multiply-adds fused; a, b and the sum with their offsets.
std::int64_t apply_float_add(const FloatAdd& add, std::int32_t a, std::int32_t b);

}  // namespace systoliq::sw_ref
