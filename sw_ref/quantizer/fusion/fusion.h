// SPDX-License-Identifier: Apache-2.0
// The walk over a graph that builds a FusedNetwork; its operators are spread over lowering*.cpp, a subject each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"
#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/fusion/fused_network.h"

namespace systoliq::sw_ref {

class Lowering final {
 public:
  explicit Lowering(const LoweringInput& input);
  FusedNetwork run();

 private:
  // The walk (lowering.cpp).
  void lower(const Node& node);
  void add_inputs();
  void add_outputs();
  void count_consumers();
  const Shape& shape_of(const std::string& name) const;
  int tensor_of(const Node& node, std::size_t input) const;
  /// Shape of an input as the graph has it, [1, c, h, w] or [1, c, l]; refused where its layer made another one.
  const Shape& image_shape(const Node& node, std::size_t input) const;
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
  void lower_softmax(const Node& node);

  // Windows without weights (lowering_pooling.cpp).
  void lower_pool(const Node& node);
  void lower_pad(const Node& node);
  void absorb_pad(const Node& node, std::size_t input, Window* window, int* tensor);
  bool absorbs_pad(const std::string& padded) const;

  // Weights (lowering_convolution.cpp).
  void lower_convolution(const Node& node);
  void lower_matrix_product(const Node& node);
  void fold_batch_norm(const Node& node);
  bool fold_bias(const Node& node, std::size_t constant_input);
  Constant channel_bias(const Node& node, const Constant& constant, const Shape& full, const Shape& image) const;

  const LoweringInput& input_;
  const Graph& graph_;
  ConstantPool constants_;
  FusedNetwork network_;
  std::map<std::string, int> tensors_;       ///< graph tensor -> FusedNetwork::tensors
  std::map<std::string, std::size_t> open_;  ///< graph tensor -> the layer that could absorb its consumer
  std::map<std::string, std::vector<const Node*>> consumers_;  ///< an output of the graph counts as nullptr
  std::map<std::string, Window> pads_;                         ///< output of a Pad that its only consumer absorbs
  std::map<std::string, int> softmax_;                         ///< output of a final Softmax -> its input's tensor
};

}  // namespace systoliq::sw_ref
