// SPDX-License-Identifier: Apache-2.0
// The lowered network says which values need a scale; the file's own graph, executed in float, says which one.
#include "sw_ref/quantizer/qdq/missing_scales.h"

#include <algorithm>

#include "sw_ref/quantizer/calibration/calibration.h"
#include "sw_ref/quantizer/qdq/float_weights.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

/// A value that has been found may be what another one waits for.
constexpr int kMostRounds = 100;

void add_constant(Graph* graph, Value value, const std::string& name) {
  value.name = name;
  value.is_constant = true;
  graph->values[name] = std::move(value);
}

Node quantization(const std::string& op, const std::string& value, const std::string& from, const std::string& to) {
  Node node;
  node.name = value + "." + op;
  node.op = op;
  node.inputs = {from, value + ".scale", value + ".zero_point"};
  node.outputs = {to};
  return node;
}

std::string unused(const Graph& graph, std::string name) {
  while (graph.values.count(name) != 0) name += '_';
  return name;
}

/// Behind the node that makes `name`, which its dequantized integers bear from then on.
void quantize_value(Graph* graph, const std::string& name, const ScaleAndZero& scale) {
  const auto maker = std::find_if(graph->nodes.begin(), graph->nodes.end(),
                                  [&](const Node& node) { return node.outputs.at(0) == name; });
  if (maker == graph->nodes.end()) {
    throw InputError("tensor '" + name +
                     "' has no scale and is made by no node of the file; accepted: a "
                     "QuantizeLinear behind it");
  }
  const std::string real = unused(*graph, name + ".real"), stored = unused(*graph, name + ".stored");
  Value value = graph->values.at(name);
  value.name = real;
  maker->outputs[0] = real;
  graph->values[real] = value;
  value.name = stored;
  value.type = ElementType::kInt8;
  graph->values[stored] = value;
  Value number;
  number.floats = FloatTensor(Shape{}, {scale.scale});
  add_constant(graph, number, name + ".scale");
  number = Value();
  number.type = ElementType::kInt8;
  number.integers = Tensor<std::int64_t>(Shape{}, {scale.zero_point});
  add_constant(graph, number, name + ".zero_point");
  const auto behind = graph->nodes.insert(maker + 1, quantization("QuantizeLinear", name, real, stored));
  graph->nodes.insert(behind + 1, quantization("DequantizeLinear", name, stored, name));
}

/// What reads `name` in float, though a QuantizeLinear does too, reads its dequantized integers instead.
bool redirect_readers(Graph* graph, const std::string& name, const std::string& dequantized) {
  bool found = false;
  for (Node& node : graph->nodes) {
    if (node.op == "QuantizeLinear") continue;
    for (std::string& input : node.inputs) {
      if (input != name) continue;
      input = dequantized;
      found = true;
    }
  }
  return found;
}

/// Nodes in an order that can be computed, otherwise as they are.
void sort_nodes(Graph* graph) {
  std::map<std::string, std::size_t> makers;
  for (std::size_t i = 0; i < graph->nodes.size(); ++i) makers[graph->nodes[i].outputs.at(0)] = i;
  std::vector<std::size_t> waits(graph->nodes.size(), 0);
  std::vector<std::vector<std::size_t>> readers(graph->nodes.size());
  std::set<std::size_t> ready;
  for (std::size_t i = 0; i < graph->nodes.size(); ++i) {
    for (const std::string& input : graph->nodes[i].inputs) {
      const auto maker = makers.find(input);
      if (maker == makers.end()) continue;
      ++waits[i];
      readers[maker->second].push_back(i);
    }
    if (waits[i] == 0) ready.insert(i);
  }
  std::vector<Node> sorted;
  while (!ready.empty()) {
    const std::size_t next = *ready.begin();
    ready.erase(ready.begin());
    sorted.push_back(graph->nodes[next]);
    for (const std::size_t reader : readers[next]) {
      if (--waits[reader] == 0) ready.insert(reader);
    }
  }
  check(sorted.size() == graph->nodes.size(), "a graph of which only readers changed has a cycle");
  graph->nodes = std::move(sorted);
}

/// Values that are quantized for some readers are for all.
void quantize_for_all(Graph* graph, std::vector<std::string>* notes) {
  std::set<std::string> made_of_integers;
  for (const Node& node : graph->nodes) {
    if (node.op == "DequantizeLinear") made_of_integers.insert(node.outputs.at(0));
  }
  const std::vector<Node> nodes = graph->nodes;
  for (const Node& node : nodes) {
    const std::string& value = node.inputs.empty() ? std::string() : node.inputs[0];
    const auto known = graph->values.find(value);
    if (node.op != "QuantizeLinear" || known == graph->values.end() || known->second.is_constant) continue;
    if (made_of_integers.count(value) != 0) continue;
    const std::string dequantized = unused(*graph, value + ".dequantized");
    if (!redirect_readers(graph, value, dequantized)) continue;
    Node back = node;
    back.name = value + ".DequantizeLinear";
    back.op = "DequantizeLinear";
    back.inputs[0] = node.outputs.at(0);
    back.outputs = {dequantized};
    Value real = known->second;
    real.name = dequantized;
    graph->values[dequantized] = std::move(real);
    graph->nodes.push_back(std::move(back));
    notes->push_back("tensor '" + value +
                     "' is read in float beside its QuantizeLinear; its integers are read instead");
  }
  sort_nodes(graph);
}

}  // namespace

std::pair<std::string, Layout> known_as(const FusedNetwork& fused, int index, const std::set<std::string>& given) {
  const FusedTensor& own = nth(fused.tensors, index);
  if (given.count(own.graph_value()) != 0) return {own.graph_value(), own.layout};
  for (const auto& [name, view] : fused.views) {
    if (view.first == index && given.count(name) != 0) return {name, view.second};
  }
  return {own.graph_value(), own.layout};
}

std::vector<std::string> values_without_scale(const Graph& graph) {
  QdqGraph qdq = strip_quantization(graph);
  std::set<std::string> given;
  LoweringInput input;
  for (const auto& scale : qdq.scales) given.insert(scale.first);
  propagate_scales(&qdq);
  input.graph = &qdq.graph;
  input.constants = qdq.constants;
  for (const auto& scale : qdq.scales) input.boundaries.insert(scale.first);
  input.quantized = true;
  const FusedNetwork fused = lower(input);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < fused.tensors.size(); ++i) {
    const auto index = static_cast<int>(i);
    if (fused.constants.count(index) != 0 || fused.tensors[i].scale_of >= 0) continue;
    const std::string name = known_as(fused, index, given).first;
    const bool is_input = std::count(fused.inputs.begin(), fused.inputs.end(), index) != 0;
    if (qdq.scales.count(name) != 0 || (is_input && !is_read_as_integers(fused, index))) continue;
    values.push_back(name);
  }
  return values;
}

Graph with_calibrated_scales(const Graph& graph, const std::vector<FloatTensor>& images,
                             std::vector<std::string>* notes) {
  Graph complete = graph;
  quantize_float_weights(&complete, notes);
  quantize_for_all(&complete, notes);
  std::vector<std::string> missing = values_without_scale(complete);
  for (int round = 0; !missing.empty(); ++round) {
    if (round == kMostRounds) throw InputError("tensor '" + missing.front() + "' has no scale, and gets none");
    const std::vector<Distribution> seen = calibrate(complete, images, missing, false);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const ScaleAndZero scale = fit({seen[i].minimum, seen[i].maximum}, Grid{});
      quantize_value(&complete, missing[i], scale);
      notes->push_back("tensor '" + missing[i] + "' has no scale in the file: " + number_text(scale.scale) +
                       " and zero point " + std::to_string(scale.zero_point) + " by calibration");
    }
    missing = values_without_scale(complete);
  }
  return complete;
}

}  // namespace systoliq::sw_ref
