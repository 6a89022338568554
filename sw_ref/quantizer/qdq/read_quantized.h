// SPDX-License-Identifier: Apache-2.0
// From a quantized ONNX graph to the integer network.
#pragma once

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

struct ImportOptions {
  /// Biases that are no integers at scale Sx * Sw are rounded to it even where that moves them by more than half a step
  /// of the layer's output.
  bool requantize_biases = false;
  /// Values that lack a QuantizeLinear get one by calibration, by who reads the network (missing_scales.h).
  bool calibrate_scales = false;
};

/// Reads a quantized graph (QDQ around float operators, or another form of qdq/forms) into integers; what that changed
/// is in `notes`. Throws InputError where a pattern cannot run on integers alone, with the reason (unfused float
/// operators, …).
QuantizedNetwork read_quantized(const Graph& graph, const ImportOptions& options = {});

/// What will run where, with all obstacles listed, of a float graph or a quantized one. Throws InputError where a
/// quantized graph's parameters cannot be read.
FusedNetwork lower_any(const Graph& graph);

}  // namespace systoliq::sw_ref
