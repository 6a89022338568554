// SPDX-License-Identifier: Apache-2.0
// From a quantized ONNX graph to the integer network.
#pragma once

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Reads a quantized graph (QDQ around float operators, or QLinear* operators) into integers. Throws InputError where a
/// pattern cannot run on integers alone, with the reason (a bias scale that is not Sx*Sw, unfused float operators, …).
QuantizedNetwork read_quantized(const Graph& graph);

/// What will run where, with all obstacles listed, of a float graph or a quantized one. Throws InputError where a
/// quantized graph's parameters cannot be read.
FusedNetwork lower_any(const Graph& graph);

}  // namespace systoliq::sw_ref
