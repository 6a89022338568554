// SPDX-License-Identifier: Apache-2.0
// The walk over a graph that builds a FusedNetwork; its operators are spread over lowering*.cpp, a subject each.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/frontend/graph/attributes.h"
#include "sw_ref/frontend/graph/window_geometry.h"
#include "sw_ref/quantizer/fusion/constant.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/fusion/view.h"

namespace systoliq::sw_ref {

/// The output of a convolution that nothing has clamped yet, so that linear operators can still be folded into it.
bool is_linear(const FusedLayer* layer);

/// Concatenation and padding move integers without looking at them, so they cannot clamp.
inline bool can_clamp(const FusedLayer& layer) {
  return layer.op != LayerOp::kConcat && layer.op != LayerOp::kPad && layer.op != LayerOp::kMove;
}
/// [1, c, h, w] of a tensor: a vector [f] or [1, f] becomes [1, f, 1, 1], a line [1, c, l] becomes [1, c, 1, l]; all
/// others, which no layer may read as images, [1, elements, 1, 1].
Shape image_form(const Shape& shape);

class Lowering final {
 public:
  /// `forced`: nodes, by the tensor that they make, that go to the host whatever layer could compute them. Others that
  /// have to go there end the walk by Restart, or are added to `refused` where that is given.
  Lowering(const LoweringInput& input, const std::set<std::string>& forced, std::set<std::string>* refused = nullptr);
  FusedNetwork run();

 private:
  // The walk (lowering.cpp).
  void lower(const Node& node);
  void lower_operator(const Node& node);
  void add_inputs();
  void add_outputs();
  void count_consumers();
  const Shape& shape_of(const std::string& name) const;
  /// A tensor that holds an input in its row-major order; elements are moved where none does.
  int tensor_of(const Node& node, std::size_t input);
  /// Shape of an input as the graph has it, [1, c, h, w] or [1, c, l], for an operator that takes it as such an image.
  const Shape& image_shape(const Node& node, std::size_t input);
  FusedLayer& add_layer(const Node& node, LayerOp op, const std::vector<int>& inputs, const Shape& output);
  FusedLayer* open_layer(const std::string& name);
  void rename_output(const FusedLayer& layer, const std::string& name);
  bool is_constant(const std::string& name) { return !name.empty() && constants_.find(name) != nullptr; }
  const Constant& constant_of(const Node& node, std::size_t input, const char* what);
  bool fuses_into(const std::string& name) const;
  void name_tensor(int tensor, const std::string& name);

  // Limits and names (fusion_limits.cpp).
  void check_axes() const;
  void charge(const std::string& where, const Shape& shape);
  static bool varies_by_channel_alone(const Shape& constant, const std::vector<Offsets>& axes, const Shape& image);
  std::string fresh_name(std::string name);
  bool is_tensor_name(const std::string& name);

  // Where values lie (fusion_views.cpp).
  const View& view_of(const Node& node, std::size_t input) const;
  /// The view of an input that is a whole tensor, in any order; elements are moved where it is a part of one.
  const View& whole_view(const Node& node, std::size_t input);
  /// The tensor [1, c, h, w] that is an input [1, c, h, w], [1, c, l] or [1, c]; elements are moved where there is
  /// none.
  int image_of(const Node& node, std::size_t input);
  int move_image(const std::string& name, const std::string& where);
  int add_move(const std::string& name, const std::string& where, const std::vector<Offsets>& image);
  std::optional<std::vector<Offsets>> view_axes(const Node& node, const std::vector<Offsets>& axes);
  bool lower_view(const Node& node);
  FusedLayer& add_elementwise(const Node& node, LayerOp op, const std::vector<int>& inputs, const View& like);
  std::optional<std::vector<Offsets>> input_image(const std::string& name, const std::vector<Offsets>& axes, int depth,
                                                  std::set<std::string>* seen);
  void add_input(const std::string& name);
  bool add_given(const std::string& name);
  void set_layouts();
  bool is_border(const std::string& name) const;
  Layout layout_of(const std::string& name, bool border) const;

  // Operators that vanish or act on each element (lowering_elementwise.cpp).
  void lower_clamp(const Node& node);
  std::pair<double, double> clamp_bounds(const Node& node);
  void lower_cast(const Node& node);
  void lower_requantize(const Node& node);
  void keep_value(const Node& node);
  void lower_add(const Node& node);
  void lower_concat(const Node& node);
  bool joins_along(const Node& node, std::size_t axis, std::size_t d, Shape* joined) const;
  bool are_rows(const Node& node, std::size_t axis) const;
  void add_concat(const Node& node, std::size_t axis, std::size_t d, const Shape& joined);

  // Functions of one element (fusion_function.cpp).
  /// Steps with the nodes that they are.
  struct GatheredFunction {
    View argument;
    ElementFunction steps;
    std::vector<const Node*> nodes;
  };
  static double scalar_of(const Constant& constant);
  bool is_read_as_tensor(const std::string& name) const;
  void lower_function(const Node& node);
  void append_step(const Node& node, GatheredFunction* function);
  static int append_steps(const GatheredFunction& from, GatheredFunction* function);
  void add_function_layer(const std::string& name);

  // Sums and products with constants (fusion_affine.cpp).
  /// y = factor * x + shift, a pair per channel.
  struct Affine {
    std::vector<double> factor, shift;
  };
  void lower_arithmetic(const Node& node);
  void lower_with_constant(const Node& node, std::size_t constant);
  void lower_normalization(const Node& node, const std::vector<double>& factor, const std::vector<double>& shift);
  std::optional<std::vector<double>> channel_values(const Node& node, std::size_t constant);
  Tensor<double> full_constant(const Node& node, std::size_t constant);
  std::optional<Affine> affine_of(const Node& node, std::size_t constant);
  bool fold_affine(const Node& node);
  bool fold_into_readers(const Node& node);
  void scale_weights(const std::string& input, FusedLayer* layer) const;
  void add_channel_layer(const Node& node, const View& view, const Affine& affine);
  int add_constant(const Constant& constant, const Tensor<double>& values, const Shape& image);
  void add_exact_layer(const Node& node, const View& view, const Constant& constant, std::vector<double> factors);
  static void negate(Constant* constant, Tensor<double>* values);

  // Factors in float between integers (fusion_integers.cpp).
  void fold_into_integers(const Node& node, const Affine& affine, FusedLayer* layer);
  bool fold_into_average(const Node& node, std::size_t constant);
  bool leave_to_products(const Node& node, const Affine& affine);
  static Tensor<double> in_tensor_order(const Tensor<double>& values, const View& view, const Shape& image);
  static std::optional<Tensor<double>> broadcast(const Constant& constant, const Shape& full);
  static std::optional<std::vector<double>> by_channel(const Tensor<double>& full, const Shape& image);

  // Of two tensors, and layers that are none of the graph (fusion_pairs.cpp).
  void lower_two_tensors(const Node& node);
  void lower_prelu(const Node& node);
  void add_pair(const Node& node, LayerOp op, bool subtracts = false);
  void align(const Node& node);
  int repeat_channel(const Node& node, int tensor, std::int64_t channels);
  static Constant exact_factors(const Constant& constant, const std::vector<double>& values);
  int add_negation(const Node& node, int tensor);
  FusedLayer& add_derived_layer(const Node& node, const std::string& name, LayerOp op, const std::vector<int>& inputs,
                                int like);

  // Windows without weights (lowering_pooling.cpp).
  void lower_pool(const Node& node);
  void lower_reduction(const Node& node);
  void add_reduction(const Node& node, const Window& window, const std::vector<bool>& reduced);
  void lower_pad(const Node& node);
  void absorb_pad(const Node& node, std::size_t input, Window* window, int* tensor);
  bool absorbs_pad(const std::string& padded) const;

  // Weights (lowering_convolution.cpp).
  void lower_convolution(const Node& node);
  void lower_transposed_convolution(const Node& node);
  void lower_matrix_product(const Node& node);
  void fold_batch_norm(const Node& node);
  const std::vector<double>& channel_parameter(const Node& node, std::size_t input, const char* what,
                                               std::size_t channels);
  bool fold_bias(const Node& node, std::size_t constant_input);
  std::vector<Offsets> one_of_each_channel(const Shape& constant, const std::vector<Offsets>& axes, const Shape& image);
  bool is_channel_bias(const Constant& constant, const std::vector<Offsets>& axes, const Shape& image);
  Constant channel_bias(const Node& node, const Constant& constant, const std::vector<Offsets>& axes,
                        const Shape& image);
  void lower_left_product(const Node& node);
  void lower_column(const Node& node, Constant weights);
  void lower_rows_product(const Node& node, Constant weights, double beta);
  void move_rows(const Node& node, std::size_t input);
  void move_columns(const Node& node, std::size_t input, std::size_t features);
  void add_product_bias(const Node& node, double beta, FusedLayer* layer);

  // Layer, host or obstacle (fusion_host.cpp); in which order (fusion_steps.cpp).
  struct HostNode {
    const Node* node = nullptr;
    std::map<std::string, View> reads;  ///< inputs that lie in tensors of the machine
  };
  void place(const Node& node);
  bool reads_host(const Node& node, bool unscaled) const;
  bool continues_on_host(const Node& node) const;
  bool starts_on_host(const Node& node) const;
  void find_tail();
  bool only_read_by(const std::set<const Node*>& nodes, const std::string& name) const;
  bool stays_float(const std::string& name) const;
  bool ends_in_float(const Node& node) const;
  void to_host(const Node& node);
  void feed(const std::string& name, std::size_t host_node);
  void check_size_is_known(const std::string& name) const;
  void note_layers();
  void note_node(const Node& node, std::size_t layers_before);
  FusedNode fused_node(const Node& node) const;
  void stand_in(const Node& node);
  bool is_raw_input(const std::string& name) const;
  void order_in_steps();
  void sort_layers(const std::vector<int>& steps);
  HostPart host_part(const std::vector<std::size_t>& nodes);
  void add_host_input(const HostNode& node, const std::string& name, HostPart* part);
  Value host_constant(const std::string& name);

  const LoweringInput& input_;
  const Graph& graph_;
  const std::set<std::string>& forced_;
  std::set<std::string>* refused_;
  ConstantPool constants_;
  FusedNetwork network_;
  const Node* node_ = nullptr;                 ///< being lowered
  std::map<std::string, View> views_;          ///< graph tensor -> where its elements lie
  std::map<std::string, const Node*> makers_;  ///< graph tensor -> its node
  std::map<std::string, std::size_t> open_;    ///< graph tensor -> the layer that could absorb its consumer
  std::map<std::string, std::vector<const Node*>> consumers_;  ///< an output of the graph counts as nullptr
  std::map<std::string, Window> pads_;                         ///< output of a Pad that its only consumer absorbs
  std::set<const Node*> folded_;                               ///< nodes of constants
  std::set<const Node*> functions_;                            ///< nodes that are functions of one element
  std::map<std::string, GatheredFunction> gathered_;           ///< by output, of nodes in functions_
  std::map<std::string, Affine> factors_;                      ///< of tensors whose readers' weights take it over
  std::map<std::string, std::string> odd_inputs_;              ///< inputs that no layer can read, and why
  std::set<std::string> obstacles_;                            ///< those of the network
  std::set<std::string> tensor_names_;  ///< of the first `named_` tensors of the network, and former ones
  std::size_t named_ = 0;
  std::int64_t places_ = 0;  ///< counted by charge()

  /// A layer or a node of the host, in the order in which they were met.
  struct Event {
    bool on_host = false;
    std::size_t index = 0;
  };
  std::vector<Event> events_;
  std::vector<HostNode> host_nodes_;
  std::map<std::string, std::size_t> host_values_;  ///< floats of the host by name, and the node that makes each
  std::map<int, std::size_t> fed_;                  ///< tensors that take a value of the host, quantized
  std::map<std::string, int> fed_names_;            ///< the same by the value's name
  std::map<int, std::size_t> layer_of_;             ///< tensor -> the layer that makes it
  std::set<const Node*> tail_;                      ///< nodes behind which the host could compute everything
  std::set<const Node*> float_tail_;                ///< those of them behind which nothing is quantized again
};

/// A node's refusal came after it had changed the network: the walk has to start anew, with the node on the host.
struct Restart {
  std::string output;
};

}  // namespace systoliq::sw_ref
