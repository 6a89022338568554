// SPDX-License-Identifier: Apache-2.0
// Takes quantization operators off a graph in the one form: a value, its integers and their dequantized form become one
// tensor.
#include "sw_ref/quantizer/qdq/qdq_graph.h"

#include <algorithm>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/forms/forms.h"
#include "sw_ref/quantizer/qdq/forms/quantization_operands.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

class Stripper final {
 public:
  explicit Stripper(CanonicalGraph canonical) : canonical_(std::move(canonical)) {}
  QdqGraph run();

 private:
  void strip(const Node& node);
  void strip_quantize(const Node& node);
  void strip_dequantize(const Node& node);
  bool strip_input_clip(const Node& node);
  void refuse_float_use(const Node& quantize) const;
  void scale_tensor(const Node& node, const std::string& tensor, const ActivationScale& scale);
  Node rewritten(const Node& node, const std::string& op, std::vector<std::string> inputs) const;

  /// The tensor that `name` is another form of.
  std::string root(const std::string& name) const {
    const auto found = aliases_.find(name);
    return found == aliases_.end() ? name : found->second;
  }

  const CanonicalGraph canonical_;
  const Graph& graph_ = canonical_.graph;
  std::multimap<std::string, const Node*> users_;  ///< of every tensor, in the order of the nodes
  QdqGraph result_;
  std::map<std::string, std::string> aliases_;
  std::set<std::string> dequantized_;  ///< outputs of DequantizeLinear
};

QdqGraph Stripper::run() {
  result_.graph = graph_;
  result_.graph.nodes.clear();
  for (const Node& node : graph_.nodes) {
    for (const std::string& input : node.inputs) users_.emplace(input, &node);
  }
  for (const Node& node : graph_.nodes) strip(node);
  for (const auto& [tensor, name] : canonical_.names) result_.names[root(tensor)] = name;
  result_.preset = canonical_.preset;
  result_.notes = canonical_.notes;
  for (std::string& output : result_.graph.outputs) {
    const std::string tensor = root(output);
    if (tensor != output) result_.names[tensor] = output;
    output = tensor;
  }
  return std::move(result_);
}

void Stripper::strip(const Node& node) {
  if (node.op == "QuantizeLinear") return strip_quantize(node);
  if (node.op == "DequantizeLinear") return strip_dequantize(node);
  if (strip_input_clip(node)) return;
  std::vector<std::string> inputs;
  for (const std::string& input : node.inputs) inputs.push_back(root(input));
  result_.graph.nodes.push_back(rewritten(node, node.op, inputs));
}

Node Stripper::rewritten(const Node& node, const std::string& op, std::vector<std::string> inputs) const {
  Node copy = node;
  copy.op = op;
  if (op != node.op) copy.domain.clear();
  copy.inputs = std::move(inputs);
  return copy;
}

/// Records a tensor's scale; a second one must be equal.
void Stripper::scale_tensor(const Node& node, const std::string& tensor, const ActivationScale& scale) {
  const auto known = result_.scales.emplace(tensor, scale).first;
  if (!(known->second == scale)) {
    refuse(node, "reads '" + tensor + "' with scale " + number_text(scale.scale) + " and zero point " +
                     std::to_string(scale.zero_point + scale.storage_offset) + ", it was quantized with " +
                     number_text(known->second.scale) + " and " +
                     std::to_string(known->second.zero_point + known->second.storage_offset));
  }
}

void Stripper::strip_quantize(const Node& node) {
  const std::string& output = node.outputs.at(0);
  const auto quantized = graph_.values.find(output);  // of a type that an attribute may give
  const ElementType type = quantized == graph_.values.end() ? ElementType::kUint8 : quantized->second.type;
  const ActivationScale scale = activation_scale(graph_, node, 1, type);
  const std::string tensor = root(node.inputs.at(0));
  const auto known = result_.scales.find(tensor);
  if (dequantized_.count(node.inputs[0]) == 0) refuse_float_use(node);
  if (known != result_.scales.end() && !(known->second == scale)) {
    if (dequantized_.count(node.inputs[0]) == 0) {
      refuse(node, "quantizes '" + tensor + "' a second time, with another scale or zero point; accepted: one");
    }
    result_.graph.nodes.push_back(rewritten(node, kRequantize, {tensor}));
    result_.graph.values[output].type = ElementType::kFloat;
    result_.scales[output] = scale;
    return;
  }
  aliases_[output] = tensor;
  result_.scales[tensor] = scale;
}

/// A value that is quantized for one consumer but read in float by another cannot be integers alone.
void Stripper::refuse_float_use(const Node& quantize) const {
  const std::string& value = quantize.inputs[0];
  const auto [first, last] = users_.equal_range(value);
  for (auto user = first; user != last; ++user) {
    const Node& node = *user->second;
    if (node.op == "QuantizeLinear") continue;
    refuse(node, "reads '" + value + "' in float, though " + describe(quantize) +
                     " quantizes it; accepted: quantized values for every consumer, or --scales calibrate");
  }
  if (std::count(graph_.outputs.begin(), graph_.outputs.end(), value) != 0) {
    refuse(quantize, "quantizes '" + value + "', which is also a float output of the network; accepted: one of them");
  }
}

void Stripper::strip_dequantize(const Node& node) {
  const std::string& output = node.outputs.at(0);
  const auto value = graph_.values.find(node.inputs.at(0));
  if (value != graph_.values.end() && value->second.is_constant) {
    const auto rank = static_cast<std::int64_t>(value->second.shape.size());
    std::int64_t axis = int_attribute(node, "axis", 1);
    if (axis < 0) axis += rank;
    Constant constant =
        quantized_constant(graph_, node, 0, 1, static_cast<std::size_t>(std::max<std::int64_t>(axis, 0)));
    constant.name = output;
    result_.constants[output] = std::move(constant);
    return;
  }
  const ElementType type = value == graph_.values.end() ? ElementType::kUint8 : value->second.type;
  const std::string tensor = root(node.inputs[0]);
  scale_tensor(node, tensor, activation_scale(graph_, node, 1, type));
  aliases_[output] = tensor;
  dequantized_.insert(output);
}

/// A Clip between a float network input and its QuantizeLinear belongs to the host; its bounds are checked later.
bool Stripper::strip_input_clip(const Node& node) {
  if (node.op != "Clip") return false;
  const std::string& input = node.inputs.at(0);
  const bool reads_input = std::count(graph_.inputs.begin(), graph_.inputs.end(), input) != 0;
  if (!reads_input) return false;
  const auto [first, last] = users_.equal_range(node.outputs.at(0));
  if (std::any_of(first, last, [](const auto& user) { return user.second->op != "QuantizeLinear"; })) return false;
  aliases_[node.outputs[0]] = input;
  result_.input_clips.emplace(input, node);
  return true;
}

}  // namespace

QdqGraph strip_quantization(const Graph& graph) { return Stripper(canonical_form(graph)).run(); }

}  // namespace systoliq::sw_ref
