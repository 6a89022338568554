// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample: sizes and coordinates, shared by the rule and the float executor. Internal to the importer.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/frontend/graph/movement.h"
#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// A Resize or Upsample with all its parameters, checked. Coordinates are computed in float, as ONNX Runtime does.
struct Resize {
  Shape input, output;
  std::vector<float> scales;  ///< of each axis
  bool linear = false;        ///< else nearest
  std::string coordinates, nearest;

  /// The coordinate in the input of place `i` of an axis of the output.
  float coordinate(std::size_t axis, std::int64_t i) const;
};

/// Throws InputError naming the node for what is not supported: cubic, antialias, roi, aspect ratio policies other than
/// stretch, coordinate modes other than half_pixel, pytorch_half_pixel, align_corners and asymmetric.
Resize resize_of(const NodeView& view);

/// Nearest: the element of the input that each element of the output is.
Movement nearest_movement(const Resize& resize);

/// Linear along one axis: y = x[low] * (1 - weight) + x[high] * weight, the indices within the axis.
struct LinearPlace {
  std::int64_t low, high;
  float weight;
};
std::vector<LinearPlace> linear_places(const Resize& resize, std::size_t axis);

}  // namespace systoliq::sw_ref
