// SPDX-License-Identifier: Apache-2.0
// Images of a batch run one after another, which is the same only where no operator mixes them.
#pragma once

#include <cstdint>

#include "types/graph.h"

namespace systoliq::tb {

/// Throws InputError naming the node where a graph that was read for one image works along the axis of the batch, if
/// there are several images in one.
void check_images_apart(const Graph& graph, std::int64_t batch);

}  // namespace systoliq::tb
