// SPDX-License-Identifier: Apache-2.0
// Weights that a quantized network leaves in float, as tools do whose integer operators lack one, such as
// ConvTranspose.
#pragma once

#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// Gives weights of Conv, ConvTranspose, Gemm and MatMul that are constants in float 8 bits: q = rint(w / s) with
/// s = max|w| / 127 of every output channel (of all of them in groups of a ConvTranspose), behind a DequantizeLinear.
/// A note names each.
void quantize_float_weights(Graph* graph, std::vector<std::string>* notes);

}  // namespace systoliq::sw_ref
