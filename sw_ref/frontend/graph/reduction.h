// SPDX-License-Identifier: Apache-2.0
// Reduce operators: which axes become one, and how their elements are combined. Internal to the importer.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// For each axis of the input, whether the operator takes it together: attribute 'axes', or input 1 since opset 18 (13
/// for ReduceSum); none named means all, or none with noop_with_empty_axes. Throws InputError naming the node.
std::vector<bool> reduced_axes(const NodeView& view, std::size_t rank);

/// The elements of `x` along the marked axes, combined by the operator of that name, in double and rounded once.
FloatTensor reduced(const std::string& op, const FloatTensor& x, const std::vector<bool>& axes, const Shape& shape);

/// Position along `axis` of the largest (or smallest) element, the first of equal ones, or the last.
FloatTensor extreme_positions(const FloatTensor& x, std::size_t axis, bool largest, bool last, const Shape& shape);

}  // namespace systoliq::sw_ref
