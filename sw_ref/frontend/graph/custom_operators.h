// SPDX-License-Identifier: Apache-2.0
// Parameters of operators from outside ONNX, shared by rule and executor. Internal to the importer.
#pragma once

#include <string>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// The integers that QONNX's Quant rounds to.
struct UniformGrid {
  float low = 0.0F, high = 0.0F;
  std::string rounding;  ///< ROUND (half to even), FLOOR, CEIL, ROUND_TO_ZERO
};
UniformGrid uniform_grid(const NodeView& view);

/// What QONNX's Trunc divides integers by, and how it rounds then.
struct Truncation {
  float divisor = 1.0F;
  std::string rounding;  ///< as in UniformGrid
};
Truncation truncation(const NodeView& view);

/// Attribute 'n_levels_out' (or 'n_levels') of RequantShift.
float requant_levels(const Node& node);

}  // namespace systoliq::sw_ref
