// SPDX-License-Identifier: Apache-2.0
// A quantized graph with its quantization taken off: the float operators that remain, and beside them the integers of
// every constant and the scale and zero point of every activation.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "types/graph.h"
#include "types/preset.h"

namespace systoliq::sw_ref {

struct QdqGraph {
  Graph graph;  ///< no quantization operators
  std::map<std::string, Constant> constants;
  std::map<std::string, ActivationScale> scales;  ///< by tensor of `graph`
  std::map<std::string, std::string> names;       ///< tensors known under a graph output's name
  std::map<std::string, Node> input_clips;  ///< by network input: a Clip before its QuantizeLinear, left to the host
  std::optional<Preset> preset;             ///< the arithmetic that the graph's forms stand for, where they say
  std::vector<std::string> notes;           ///< what the rewriting of forms changed, a line each
};

/// Takes the quantization off, after canonical_form(). Throws InputError naming the node for parameters that are no
/// constants or that contradict each other, and for values that are used both quantized and in float.
QdqGraph strip_quantization(const Graph& graph);

/// Gives scales to tensors between operators that only move integers (reshapes, MaxPool, Pad, Concat), where one side
/// has them and order or position alone decides; and inserts kRequantize where two scales meet.
void propagate_scales(QdqGraph* qdq);

}  // namespace systoliq::sw_ref
