// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization of weights, before anything is quantized.
#pragma once

#include <string>
#include <vector>

#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Which neighboring layers were equalized, "first -> second", and which were not, with the reason.
struct EqualizeReport {
  std::vector<std::string> equalized, refused;
};

/// Cross-layer equalization: the same function, in which every channel between two layers with weights has weights of
/// the same greatest magnitude on either side. Channel i between W1 and W2, of ranges r1 and r2, is divided by s =
/// sqrt(r1 * r2) / r2 in W1 and its bias and multiplied by it in W2, in sweeps until nothing changes; allowed where all
/// between them scales with its input (ReLU, pooling, padding) and nothing else reads it. Batch norm and bias adds are
/// folded in the result; tensors and layers keep their names. Throws InputError where no pair of layers allows it, with
/// each pair's reason.
Graph equalize(const Graph& graph, EqualizeReport* report = nullptr);

/// The float network whose tensors those of `network`, quantized from `graph`, stand for: `graph`, or its equalized
/// form.
Graph float_counterpart(Graph graph, const QuantizedNetwork& network);

}  // namespace systoliq::sw_ref
