// SPDX-License-Identifier: Apache-2.0
// How the presets round a product of two activations.
#pragma once

#include "types/preset.h"

namespace systoliq {

enum class MultiplyForm {
  kRequantize,      ///< as an accumulator of a convolution; the zero point is added to the integer
  kZeroPointFirst,  ///< as ONNX Runtime's QLinearMul: the zero point is added in fp32, before the rounding to an
                    ///< integer
};

/// The presets of ONNX Runtime, whose names begin with "ort_", have its form.
constexpr MultiplyForm multiply_form_of(Preset preset) {
  return to_string(preset).substr(0, 4) == "ort_" ? MultiplyForm::kZeroPointFirst : MultiplyForm::kRequantize;
}

/// True where the factor of a product is fl(fl(Sa * Sb) / Sy), as in TensorFlow Lite's MUL, not a quotient of doubles.
constexpr bool multiplies_by_float_quotient(Preset preset) {
  return to_string(preset).substr(0, 7) == "tflite_" || is_16x8(preset);
}

}  // namespace systoliq
