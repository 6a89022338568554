// SPDX-License-Identifier: Apache-2.0
// The window of convolution and pooling nodes, in one form for one and two dimensions. Internal to the importer.
#pragma once

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// [n, c, l] as [n, c, 1, l]; other shapes stay.
Shape with_height(const Shape& shape);

/// [n, c, 1, l] in as many axes as `like` has.
Shape with_rank_of(const Shape& shape, const Shape& like);

/// kernel_shape (or the given weights' where the attribute is absent), strides, dilations, pads and auto_pad (NOTSET,
/// VALID, SAME_UPPER, SAME_LOWER) of a Conv or pooling node over an input [n, c, h, w], or [n, c, l] as [n, c, 1, l],
/// with explicit pads as the result. With ceil_mode 1 a last, partial window makes the pad at the end larger. Throws
/// InputError for windows of other dimensions and for values that are not positive.
Window window_of(const Node& node, const Shape& input, const Shape& weights);

/// Positions of the window along the height and the width of an input [n, c, h, w] or [n, c, l]: {oh, ow}.
Shape window_positions(const Window& window, const Shape& input);

/// A transposed convolution with weights [c, o / group, kh, kw]: the window whose convolution it turns around, with
/// negative pads never, and the output's height and width.
struct TransposedWindow {
  Window window;
  Shape positions;  ///< {oh, ow}
};
TransposedWindow transposed_window_of(const Node& node, const Shape& input, const Shape& weights);

}  // namespace systoliq::sw_ref
