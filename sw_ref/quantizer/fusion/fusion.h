// SPDX-License-Identifier: Apache-2.0
// The walk over a graph that builds a FusedNetwork; its operators are spread over lowering*.cpp, a subject each.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"
#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/fusion/fused_network.h"

namespace systoliq::sw_ref {

/// [1, c, h, w] of a tensor: a vector [f] or [1, f] becomes [1, f, 1, 1], a line [1, c, l] becomes [1, c, 1, l]; all
/// others, which no layer may read as images, [1, elements, 1, 1].
Shape image_form(const Shape& shape);

class Lowering final {
 public:
  /// `forced`: nodes, by the tensor that they make, that go to the host whatever layer could compute them.
  Lowering(const LoweringInput& input, const std::set<std::string>& forced);
  FusedNetwork run();

 private:
  // The walk (lowering.cpp).
  void lower(const Node& node);
  void add_inputs();
  void add_outputs();
  void count_consumers();
  const Shape& shape_of(const std::string& name) const;
  int tensor_of(const Node& node, std::size_t input);
  /// Shape of an input as the graph has it, [1, c, h, w] or [1, c, l]; refused where its layer made another one.
  const Shape& image_shape(const Node& node, std::size_t input);
  FusedLayer& add_layer(const Node& node, LayerOp op, const std::vector<int>& inputs, const Shape& output);
  FusedLayer* open_layer(const std::string& name);
  void rename_output(const FusedLayer& layer, const std::string& name);
  bool is_constant(const std::string& name) { return !name.empty() && constants_.find(name) != nullptr; }
  const Constant& constant_of(const Node& node, std::size_t input, const char* what);
  bool fuses_into(const std::string& name) const;

  // Operators that vanish or act on each element (lowering_elementwise.cpp).
  void lower_reshape(const Node& node);
  void lower_transpose(const Node& node);
  void lower_clamp(const Node& node);
  void lower_function(const Node& node, Function function);
  void lower_add(const Node& node);
  void lower_concat(const Node& node);

  // Windows without weights (lowering_pooling.cpp).
  void lower_pool(const Node& node);
  void lower_pad(const Node& node);
  void absorb_pad(const Node& node, std::size_t input, Window* window, int* tensor);
  bool absorbs_pad(const std::string& padded) const;

  // Weights (lowering_convolution.cpp).
  void lower_convolution(const Node& node);
  void lower_matrix_product(const Node& node);
  void lower_left_product(const Node& node);
  void fold_batch_norm(const Node& node);
  bool fold_bias(const Node& node, std::size_t constant_input);
  Constant channel_bias(const Node& node, const Constant& constant, const Shape& full, const Shape& image) const;

  // Layer, host or obstacle (fusion_host.cpp).
  void place(const Node& node);
  bool reads_host(const Node& node, bool unscaled) const;
  bool continues_on_host(const Node& node) const;
  bool starts_on_host(const Node& node) const;
  void find_tail();
  void to_host(const Node& node);
  int feed(const std::string& name, std::size_t host_node);
  void check_size_is_known(const std::string& name) const;
  void note_layers(const Node& node, std::size_t layers_before);
  void stand_in(const Node& node);
  bool is_raw_input(const std::string& name) const;
  void order_in_steps();
  void sort_layers(const std::vector<int>& steps);
  HostPart host_part(const std::vector<std::size_t>& nodes);
  Value host_constant(const std::string& name);

  const LoweringInput& input_;
  const Graph& graph_;
  const std::set<std::string>& forced_;
  ConstantPool constants_;
  FusedNetwork network_;
  std::map<std::string, int> tensors_;       ///< graph tensor -> FusedNetwork::tensors
  std::map<std::string, std::size_t> open_;  ///< graph tensor -> the layer that could absorb its consumer
  std::map<std::string, std::vector<const Node*>> consumers_;  ///< an output of the graph counts as nullptr
  std::map<std::string, Window> pads_;                         ///< output of a Pad that its only consumer absorbs
  std::map<std::string, std::string> odd_inputs_;              ///< inputs that no layer can read, and why

  /// A layer or a node of the host, in the order in which they were met.
  struct Event {
    bool on_host = false;
    std::size_t index = 0;
  };
  std::vector<Event> events_;
  std::vector<const Node*> host_nodes_;
  std::map<std::string, std::size_t> host_values_;  ///< floats of the host by name, and the node that makes each
  std::map<int, std::size_t> fed_;                  ///< tensors that take a value of the host, quantized
  std::map<int, std::size_t> makers_;               ///< tensor -> the layer that makes it
  std::set<const Node*> tail_;                      ///< nodes behind which the host could compute everything
};

/// A node's refusal came after it had changed the network: the walk has to start anew, with the node on the host.
struct Restart {
  std::string output;
};

}  // namespace systoliq::sw_ref
