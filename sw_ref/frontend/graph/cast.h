// SPDX-License-Identifier: Apache-2.0
// Conversion of one element, alike at import and in the float executor. Internal to the importer.
#pragma once

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// What a Cast converts to. A float type narrower than float32 keeps `significant_bits` of a significand, and no
/// multiple of less than 2^least_exponent; 0 bits stand for all.
struct CastTarget {
  ElementType type = ElementType::kFloat;
  int significant_bits = 0, least_exponent = 0;
};

/// Attribute 'to' of a Cast. Throws InputError for types that the graph does not have.
CastTarget cast_target(const Node& node);

/// Floats become integers by truncation, and narrower floats by rounding half to even. Throws InputError naming the
/// node for a number that the integer type does not have.
float cast_element(const Node& node, float value, const CastTarget& target);

}  // namespace systoliq::sw_ref
