// SPDX-License-Identifier: Apache-2.0
// An image as the inputs of a float network.
#pragma once

#include <map>
#include <string>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// The inputs of a float network by name. `image` holds their elements one after the other, in the order of
/// graph.inputs; with one input it is that input. Throws InputError where the counts differ.
std::map<std::string, FloatTensor> float_inputs(const Graph& graph, const FloatTensor& image);

/// The shape of such an image: the input's own, or [elements of all].
Shape image_shape_of(const Graph& graph);

}  // namespace systoliq::sw_ref
