// SPDX-License-Identifier: Apache-2.0
// Tells a float network from a quantized one.
#pragma once

#include "types/graph.h"

namespace systoliq::sw_ref {

/// True if the graph holds QuantizeLinear, DequantizeLinear or an operator of another quantized form.
bool is_quantized(const Graph& graph);

}  // namespace systoliq::sw_ref
