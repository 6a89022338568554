// SPDX-License-Identifier: Apache-2.0
// Topological order by Kahn's algorithm, the first node of the file that is ready always next; then a walk back from
// the outputs.
#include "sw_ref/frontend/onnx/graph_order.h"

#include <queue>
#include <set>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/onnx/node_head.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

constexpr int kGiven = -1;  ///< maker of a tensor that is an input or an initializer

class Orderer final {
 public:
  explicit Orderer(const onnx::GraphProto& graph) : graph_(graph) {}

  GraphOrder run() {
    if (graph_.input_size() == 0 && graph_.node_size() == 0) {
      throw InputError("the graph has neither inputs nor nodes");
    }
    if (graph_.output_size() == 0) throw InputError("the graph has no outputs");
    find_makers();
    connect();
    sort();
    mark_used();
    GraphOrder order;
    for (const int node : sorted_) {
      if (!nth(used_, node)) continue;
      order.nodes.push_back(node);
      for (const std::string& input : graph_.node(node).input()) ++order.uses[input];
    }
    for (const onnx::ValueInfoProto& output : graph_.output()) ++order.uses[output.name()];
    return order;
  }

 private:
  void define(const std::string& name, int maker) {
    if (name.empty()) throw InputError("a tensor has no name");
    if (!makers_.emplace(name, maker).second) {
      throw InputError("tensor '" + name + "' is defined twice; accepted: one definition for each name");
    }
  }

  void find_makers() {
    for (const onnx::TensorProto& tensor : graph_.initializer()) define(tensor.name(), kGiven);
    std::set<std::string> inputs;
    for (const onnx::ValueInfoProto& input : graph_.input()) {
      if (!inputs.insert(input.name()).second) throw InputError("input '" + input.name() + "' is listed twice");
      if (makers_.count(input.name()) == 0) define(input.name(), kGiven);  // else an initializer, its default
    }
    for (int i = 0; i < graph_.node_size(); ++i) {
      if (graph_.node(i).output_size() == 0) refuse(node_head(graph_.node(i), i), "has no output");
      for (const std::string& output : graph_.node(i).output()) {
        if (!output.empty()) define(output, i);
      }
    }
  }

  int maker_of(const std::string& tensor) const { return makers_.at(tensor); }

  void connect() {
    const auto count = static_cast<std::size_t>(graph_.node_size());
    waiting_for_.assign(count, 0);
    readers_.assign(count, {});
    for (int i = 0; i < graph_.node_size(); ++i) {
      for (const std::string& input : graph_.node(i).input()) {
        if (input.empty()) continue;
        const auto maker = makers_.find(input);
        if (maker == makers_.end()) {
          refuse(node_head(graph_.node(i), i), "input '" + input +
                                                   "' is defined nowhere; accepted: graph inputs, "
                                                   "initializers and outputs of nodes");
        }
        if (maker->second == kGiven) continue;
        ++nth(waiting_for_, i);
        nth(readers_, maker->second).push_back(i);
      }
    }
    for (const onnx::ValueInfoProto& output : graph_.output()) {
      if (makers_.count(output.name()) == 0) throw InputError("output '" + output.name() + "' is computed by no node");
    }
  }

  void sort() {
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (int i = 0; i < graph_.node_size(); ++i) {
      if (nth(waiting_for_, i) == 0) ready.push(i);
    }
    while (!ready.empty()) {
      const int node = ready.top();
      ready.pop();
      sorted_.push_back(node);
      for (const int reader : nth(readers_, node)) {
        if (--nth(waiting_for_, reader) == 0) ready.push(reader);
      }
    }
    if (static_cast<int>(sorted_.size()) != graph_.node_size()) refuse_cycle();
  }

  /// Every node that is left reads another one that is left, so going back from any of them ends in a cycle.
  [[noreturn]] void refuse_cycle() const {
    int node = 0;
    while (nth(waiting_for_, node) == 0) ++node;
    std::vector<bool> seen(waiting_for_.size(), false);
    while (!nth(seen, node)) {
      nth(seen, node) = true;
      for (const std::string& input : graph_.node(node).input()) {
        const int maker = input.empty() ? kGiven : maker_of(input);
        if (maker == kGiven || nth(waiting_for_, maker) == 0) continue;
        node = maker;
        break;
      }
    }
    refuse(node_head(graph_.node(node), node), "depends on its own output (a cycle); accepted: graphs without cycles");
  }

  void mark_used() {
    used_.assign(readers_.size(), false);
    for (const onnx::ValueInfoProto& output : graph_.output()) mark(output.name());
    for (auto node = sorted_.rbegin(); node != sorted_.rend(); ++node) {
      if (!nth(used_, *node)) continue;
      for (const std::string& input : graph_.node(*node).input()) {
        if (!input.empty()) mark(input);
      }
    }
  }

  void mark(const std::string& tensor) {
    const int maker = maker_of(tensor);
    if (maker != kGiven) nth(used_, maker) = true;
  }

  const onnx::GraphProto& graph_;
  std::unordered_map<std::string, int> makers_;
  std::vector<int> waiting_for_;           ///< a node's inputs that are not yet sorted
  std::vector<std::vector<int>> readers_;  ///< of a node's outputs, once for each time they are read
  std::vector<int> sorted_;
  std::vector<bool> used_;
};

}  // namespace

GraphOrder order_of(const onnx::GraphProto& graph) { return Orderer(graph).run(); }

}  // namespace systoliq::sw_ref
