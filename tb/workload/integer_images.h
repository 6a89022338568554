// SPDX-License-Identifier: Apache-2.0
// Data sets for networks whose input is of 8-bit integers.
#pragma once

#include <vector>

#include "types/graph.h"

namespace systoliq::tb {

/// Where the graph's only input is UINT8 or INT8: pixels as they are (UINT8: 0 to 255, INT8: less 128) of images that
/// entered as (pixel - 128) / 128, and random values in [-1, 1) spread over the type. Other inputs stay as they are.
void to_input_integers(const Graph& graph, std::vector<FloatTensor>* images);

}  // namespace systoliq::tb
