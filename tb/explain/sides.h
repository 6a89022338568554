// SPDX-License-Identifier: Apache-2.0
// The two walks to one output. They share no arithmetic: one uses sw_ref/reference, the other model/arith.
#pragma once

#include "tb/explain/explanation.h"
#include "tb/explain/output_capture.h"
#include "tb/explain/output_place.h"

namespace systoliq::tb {

/// From the layer's scales and weights and the reference's own tensors.
ExplainedSide reference_side(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                             const std::vector<IntTensor>& tensors);

/// From the commands and what a machine's buffers held; `skipped`: per EXECUTE the lanes that stand for nothing and
/// met an operand 0.
ExplainedSide model_side(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                         const CapturedOutput& captured, std::vector<std::int64_t>* skipped);

inline constexpr const char* kFoldedBias = "bias with the input's zero point folded in";

/// "half up", "half even" and so on.
std::string rounding_name(Rounding rounding);
/// How a preset rounds when it requantizes.
std::string requantization_rounding(Preset preset);

/// Steps from the value before the clamp to the real number.
void add_output_steps(const QuantizedTensor& tensor, std::int64_t clamp_min, std::int64_t clamp_max,
                      std::int64_t before_clamp, ExplainedSide* side);

}  // namespace systoliq::tb
