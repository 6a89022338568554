// SPDX-License-Identifier: Apache-2.0
// Looks behind a final Softmax.
#include "tb/compare/scores.h"

#include <algorithm>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// The part and node that make the first output; null where a layer does.
struct Maker {
  const HostPart* part = nullptr;
  const Node* node = nullptr;
};

Maker maker_of(const QuantizedNetwork& network) {
  if (network.outputs.front() != kHostValue) return {};
  for (const HostPart& part : network.host_parts) {
    for (const Node& node : part.graph.nodes) {
      if (node.outputs.front() == network.output_names.front()) return {&part, &node};
    }
  }
  throw InternalError("no part of the host makes output '" + network.output_names.front() + "'");
}

bool keeps_order(const Node& node) { return node.op == "Softmax" || node.op == "LogSoftmax"; }

}  // namespace

FloatTensor scores_of(const QuantizedNetwork& network, const sw_ref::NetworkValues& values) {
  const Maker maker = maker_of(network);
  if (maker.node == nullptr || !keeps_order(*maker.node)) return sw_ref::real_output(network, values, 0);
  const std::string& input = maker.node->inputs.front();
  const std::vector<std::string>& names = maker.part->graph.inputs;
  const auto given = std::find(names.begin(), names.end(), input);
  if (given == names.end()) return values.floats.at(input);
  return sw_ref::host_input(network, *maker.part, static_cast<std::size_t>(given - names.begin()), values);
}

std::int64_t score_count(const QuantizedNetwork& network) {
  const Maker maker = maker_of(network);
  if (maker.node == nullptr) return element_count(nth(network.tensors, network.outputs.front()).shape);
  return element_count(maker.part->graph.values.at(network.output_names.front()).shape);
}

}  // namespace systoliq::tb
