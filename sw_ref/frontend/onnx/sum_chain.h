// SPDX-License-Identifier: Apache-2.0
// Sum of many as additions of two, which is what layers compute. Internal to the importer.
#pragma once

#include "types/graph.h"

namespace systoliq::sw_ref {

/// Sum of one is Identity, of two Add; of more it is a chain from the left, as it is computed, whose intermediate values
/// are named after the node's output with ".sum" and their number behind it.
void expand_sums(Graph* graph);

}  // namespace systoliq::sw_ref
