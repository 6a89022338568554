// SPDX-License-Identifier: Apache-2.0
// Computes at import what constants alone determine, so that later stages see weights, shapes and axes as constants.
// Internal to the importer.
#pragma once

#include <optional>

#include "sw_ref/frontend/graph/operator_rules.h"

namespace systoliq::sw_ref {

/// The node's output as a constant of that type, or nothing where it depends on the network's input or the operator is
/// left to run time (all arithmetic in float is). Folded: Identity, Dropout, Reshape, Flatten, Squeeze, Unsqueeze,
/// Transpose, Concat, Gather, Cast and QuantizeLinear of constants, and Shape of anything. Throws InputError.
std::optional<Value> fold_constant(const NodeView& view, const TensorType& type);

}  // namespace systoliq::sw_ref
