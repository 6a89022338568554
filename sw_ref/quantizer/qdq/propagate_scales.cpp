// SPDX-License-Identifier: Apache-2.0
// Scales of tensors beside operators that only move integers. Rounding is monotone, so a maximum, a reshape, a padding
// with 0 and a concatenation give the same integers before and after QuantizeLinear.
#include <algorithm>
#include <map>
#include <set>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/qdq/qdq_graph.h"

namespace systoliq::sw_ref {
namespace {

/// A Resize that makes new values between those it is given.
bool interpolates(const Node& node) {
  return (node.op == "Resize" || node.op == "Upsample") && string_attribute(node, "mode", "nearest") != "nearest";
}

class Propagation final {
 public:
  explicit Propagation(QdqGraph* qdq) : qdq_(*qdq) {
    for (const Node& node : qdq_.graph.nodes) {
      for (const std::string& input : node.inputs) users_[input].push_back(&node);
    }
    for (const std::string& output : qdq_.graph.outputs) users_[output].push_back(nullptr);
  }

  void run() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (const Node& node : qdq_.graph.nodes) changed = forward(node) || changed;
      for (auto node = qdq_.graph.nodes.rbegin(); node != qdq_.graph.nodes.rend(); ++node) {
        changed = backward(*node) || changed;
      }
    }
  }

 private:
  const ActivationScale* scale_of(const std::string& tensor) const {
    const auto found = qdq_.scales.find(tensor);
    return found == qdq_.scales.end() ? nullptr : &found->second;
  }

  static bool moves(const Node& node) {
    static const std::set<std::string> kMoves = {"Transpose", "Slice",        "Split",         "Gather",   "Expand",
                                                 "Tile",      "DepthToSpace", "SpaceToDepth",  "Resize",   "Upsample",
                                                 "Pad",       "MaxPool",      "GlobalMaxPool", "ReduceMax"};
    return is_reshape(node) || (kMoves.count(node.op) != 0 && !interpolates(node));
  }

  const Node* only_user(const std::string& tensor) const {
    const auto found = users_.find(tensor);
    return found != users_.end() && found->second.size() == 1 ? found->second.front() : nullptr;
  }

  /// True if all consumers move the tensor's integers into ones of this scale.
  bool all_take(const std::string& tensor, const ActivationScale& scale) const {
    const auto found = users_.find(tensor);
    return found != users_.end() && std::all_of(found->second.begin(), found->second.end(), [&](const Node* user) {
             if (user == nullptr || (!moves(*user) && user->op != "Concat")) return false;
             const ActivationScale* made = scale_of(user->outputs.at(0));
             return made != nullptr && *made == scale;
           });
  }

  /// True if activations behind `tensor` lead to integers of this scale, so that they are fused rather than separate.
  bool fuses_behind(const std::string& tensor, const ActivationScale& scale) const {
    const Node* user = only_user(tensor);
    if (user == nullptr || (user->op != "Relu" && user->op != "Clip")) return false;
    const ActivationScale* behind = scale_of(user->outputs.at(0));
    return behind != nullptr ? *behind == scale : fuses_behind(user->outputs.at(0), scale);
  }

  /// True if every consumer of a Pad can take it over.
  bool vanishes(const std::string& padded) const {
    const auto found = users_.find(padded);
    return found != users_.end() && std::all_of(found->second.begin(), found->second.end(), [](const Node* user) {
             return user != nullptr &&
                    (user->op == "Conv" || user->op == "AveragePool" || user->op == "GlobalAveragePool");
           });
  }

  bool forward(const Node& node) {
    if (!moves(node)) return false;
    const ActivationScale* scale = scale_of(node.inputs.at(0));
    const std::string& output = node.outputs.at(0);
    if (scale == nullptr || scale_of(output) != nullptr) return false;
    const bool maximum = node.op == "MaxPool" || node.op == "GlobalMaxPool" || node.op == "ReduceMax";
    if (maximum && fuses_behind(output, *scale)) return false;
    if (node.op == "Pad" && vanishes(output)) return false;
    qdq_.scales[output] = ActivationScale(*scale);
    return true;
  }

  bool backward(const Node& node) {
    if (!moves(node) && node.op != "Concat") return false;
    const ActivationScale* scale = scale_of(node.outputs.at(0));
    if (scale == nullptr) return false;
    bool changed = false;
    const ActivationScale copy = *scale;
    for (std::size_t i = 0; i < (node.op == "Concat" ? node.inputs.size() : 1); ++i) {
      const std::string& input = node.inputs[i];
      if (scale_of(input) != nullptr || !all_take(input, copy) || qdq_.constants.count(input) != 0) continue;
      qdq_.scales[input] = copy;
      changed = true;
    }
    return changed;
  }

  QdqGraph& qdq_;
  std::map<std::string, std::vector<const Node*>> users_;
};

bool only_moves(const Node& node) {
  static const std::set<std::string> kMoves = {"Transpose", "Slice",        "Split",        "Gather", "Expand",
                                               "Tile",      "DepthToSpace", "SpaceToDepth", "Resize", "Upsample"};
  return is_reshape(node) || (kMoves.count(node.op) != 0 && !interpolates(node));
}

/// How many of a node's inputs are copied, as integers are: all of a concatenation, the first of what moves elements or
/// takes the greatest of all. Identity becomes a look-up of its own.
std::size_t copied_inputs(const Node& node) {
  if (node.op == "Concat") return node.inputs.size();
  const bool copies = only_moves(node) || node.op == "ReduceMax" || node.op == "GlobalMaxPool" || node.op == "MaxPool";
  return copies && node.op != "Identity" ? 1 : 0;
}

/// Integers are copied, so inputs of another scale are requantized before it.
void requantize_copied_inputs(QdqGraph* qdq) {
  std::vector<Node> nodes;
  for (Node& node : qdq->graph.nodes) {
    const auto output = qdq->scales.find(node.outputs.at(0));
    if (output != qdq->scales.end()) {
      const ActivationScale scale = output->second;
      for (std::size_t i = 0; i < copied_inputs(node); ++i) {
        const auto input = qdq->scales.find(node.inputs[i]);
        if (input == qdq->scales.end() || input->second == scale) continue;
        Node requantize;
        requantize.name = node.name + ".requantize" + std::to_string(i);
        requantize.op = kRequantize;
        requantize.inputs = {node.inputs[i]};
        requantize.outputs = {requantize.name};
        qdq->graph.values[requantize.name] = Value(qdq->graph.values.at(node.inputs[i]));
        qdq->scales[requantize.name] = scale;
        node.inputs[i] = requantize.name;
        nodes.push_back(std::move(requantize));
      }
    }
    nodes.push_back(std::move(node));
  }
  qdq->graph.nodes = std::move(nodes);
}

/// Identity may change a scale, as a look-up.
void requantize_identities(QdqGraph* qdq) {
  for (Node& node : qdq->graph.nodes) {
    if (node.op != "Identity") continue;
    const auto in = qdq->scales.find(node.inputs.at(0));
    const auto out = qdq->scales.find(node.outputs.at(0));
    if (in == qdq->scales.end() || out == qdq->scales.end() || in->second == out->second) continue;
    node.op = kRequantize;
  }
}

}  // namespace

void propagate_scales(QdqGraph* qdq) {
  Propagation(qdq).run();
  requantize_copied_inputs(qdq);
  requantize_identities(qdq);
}

}  // namespace systoliq::sw_ref
