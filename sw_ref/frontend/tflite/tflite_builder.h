// SPDX-License-Identifier: Apache-2.0
// From the operators of a file to a graph: channels first, with quantization operators around every quantized operator.
// The operators are spread over operators_*.cpp, a subject each. Internal to the reader.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_file.h"
#include "sw_ref/frontend/tflite/tflite_reader.h"

namespace systoliq::sw_ref {

using Attributes = std::map<std::string, Attribute>;

/// A tensor of the file in the graph. A tensor of three or more axes has its last axis behind the first there. A vector
/// may hold an image's elements in that order, which `image` tells: the shape of that image in the file.
struct Placed {
  std::string value;  ///< real numbers
  Shape image;        ///< empty: elements lie as in the file
};

/// A window of the file, rows before columns.
struct Window2d {
  tflite::Padding padding = tflite::Padding_SAME;
  std::vector<std::int64_t> kernel, strides, dilations;
};

class TfliteBuilder final {
 public:
  explicit TfliteBuilder(const std::string& bytes) : file_(bytes) {}
  TfliteNetwork build();
  static std::string supported();

 private:
  // The walk (tflite_builder.cpp).
  static const std::map<std::string, void (TfliteBuilder::*)()>& table();
  bool has_same_count(const tflite::Operator& op);
  void find_needed();
  void find_readers(const tflite::Operator& op);
  void find_changes_of_type();
  bool changes_type_alone(std::int32_t from, std::int32_t to);
  void find_file_order();
  void mark_file_order(std::int32_t tensor, bool towards_input);
  Shape graph_shape(std::int32_t index);
  bool lies_otherwise(std::int32_t index);
  void count_elements(const Shape& shape, const std::string& what);
  void add_input(std::int32_t index);
  void add_output(std::int32_t index);
  void add_operator(std::uint32_t place);

  // Nodes and tensors (graph_parts.cpp).
  [[noreturn]] void refuse_here(const std::string& what) const;
  std::size_t input_count() const { return inputs_.size(); }
  bool has_input(std::size_t input) const { return input < inputs_.size() && inputs_[input] >= 0; }
  const TfliteTensor& input(std::size_t input);
  const TfliteTensor& output(std::size_t output = 0);
  Placed placed(std::size_t input);
  std::string value_in_order(const Placed& placed, const Shape& shape);
  std::string operand(std::size_t input);
  std::string emit(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes = {});
  std::string emit_main(const std::string& op, const std::vector<std::string>& inputs,
                        const Attributes& attributes = {});
  std::string emit_as(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                      const Attributes& attributes);
  std::string reshape(const std::string& value, const Shape& shape);
  std::string transpose(const std::string& value, const std::vector<std::int64_t>& permutation);
  std::string add_floats(const std::string& name, FloatTensor values);
  std::string add_integers(const std::string& name, Tensor<std::int64_t> values, ElementType type);
  std::string constant_numbers(const std::vector<std::int64_t>& values);
  std::vector<std::string> quantization_operands(const TfliteTensor& as, const std::vector<float>& scales,
                                                 ElementType type);
  std::string dequantize(const std::string& value, const TfliteTensor& as, const std::vector<float>& scales,
                         const std::string& output, std::int64_t axis = 1);
  std::string fresh(std::string name) const;
  void define(std::string value, std::size_t output = 0, const Shape& image = {});
  void name_value(const std::string& from, const std::string& to);
  const Shape& shape_of(const std::string& value) const { return network_.graph.values.at(value).shape; }
  void check_activation(const TfliteTensor& tensor) const;

  // Options and parameters of operators (graph_parts.cpp).
  template <typename Options>
  const Options& options(const Options* found) const {
    if (found == nullptr) refuse_here("lacks its options; accepted: those that the format gives it");
    return *found;
  }
  std::vector<std::int64_t> integer_input(std::size_t index, const char* what);
  std::int64_t axis_of(std::int64_t axis, std::size_t rank) const;
  void note(TfliteOp op, float alpha = 0.0F) {
    network_.operators[name_] = {op, activation_, alpha, input(0).type == ElementType::kUint8, narrow_bias_, {}};
  }

  // Integers of shapes (shape_arithmetic.cpp).
  std::optional<Tensor<std::int64_t>> known_integers(std::size_t index);
  bool fold_shapes();
  bool fold(Tensor<std::int64_t> integers);
  bool fold_slice();
  bool fold_join();
  [[noreturn]] void refuse_run_time_shape();

  // Windows and weights (operators_window.cpp).
  void add_convolution();
  void add_depthwise_convolution();
  void add_transposed_convolution();
  void add_fully_connected();
  void add_pool();
  /// The constant of that input, seen in a shape (its own where none is given), with its axes permuted, then in the
  /// shape `shape`; scales lie along `axis` of the result.
  std::string weights(std::size_t input, const std::vector<std::size_t>& permutation, const Shape& shape,
                      std::int64_t axis, const Shape& seen_as = {});
  std::string image_weights(const Shape& image);
  std::string bias(std::size_t input, const TfliteTensor& weights);
  bool says_narrow_bias() const;
  Attributes window(const Window2d& window, const Shape& image);
  std::vector<std::string> with_bias(const std::string& image, const std::string& weights, std::size_t weight_input);

  // Elements (operators_elementwise.cpp).
  std::string activate(std::string value, tflite::ActivationFunctionType function);
  std::string clip(const std::string& value, float low, float high, bool main);
  void add_binary();
  void refuse_shifted_sum(bool pot_scale);
  std::optional<TfliteNumber> constant_number();
  void add_function();
  void add_clamp();
  void add_softmax();
  void add_quantize();
  void add_dequantize();
  std::string broadcast_operand(std::size_t input, std::size_t rank);

  // Shapes and places (operators_movement.cpp).
  void add_reshape();
  void take_computed_shape();
  void add_concat();
  void add_pad();
  void add_mean();
  void add_split();
  void add_tile();
  void add_strided_slice();
  void add_slice();
  void add_resize_nearest();
  void add_space_depth();
  void add_transpose();
  bool only_feeds_convolutions(std::int32_t tensor) const;
  std::string main_reshape(const std::string& value, const Shape& shape);
  std::string pad_value();
  std::string take(const std::string& value, const std::vector<std::int64_t>& starts,
                   const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& axes,
                   const std::vector<std::int64_t>& steps, std::size_t i);

  TfliteFile file_;
  TfliteNetwork network_;
  std::set<std::uint32_t> needed_;                        ///< places of operators
  std::map<std::int32_t, std::uint32_t> maker_, reader_;  ///< of tensors, a place of an operator that is needed
  /// Tensors between a TRANSPOSE and an input or output of the network, whose channels are first in the file.
  std::set<std::int32_t> in_file_order_;
  std::map<std::int32_t, int> readers_;  ///< of tensors, by operators that are needed
  /// Tensors that a QUANTIZE only turns from signed to unsigned or back, on their way to an output of the network: they
  /// are made as that output.
  std::map<std::int32_t, std::int32_t> made_as_;
  std::set<std::int32_t> read_otherwise_;                ///< tensors that others than convolutions read
  std::map<std::int32_t, Placed> placed_;                ///< by tensor of the file
  std::map<std::int32_t, Tensor<std::int64_t>> folded_;  ///< by tensor: integers computed of shapes
  std::set<std::int32_t> outputs_of_network_;
  std::int64_t computed_elements_ = 0;

  // The operator at hand.
  const tflite::Operator* op_ = nullptr;
  std::string op_name_, name_;
  std::vector<std::int32_t> inputs_, outputs_;
  TfliteActivation activation_ = TfliteActivation::kNone;
  bool narrow_bias_ = false;  ///< TfliteOperator's
  int parts_ = 0;             ///< nodes besides the main one
};

/// [n, …, c] as [n, c, …]; shapes of fewer than three axes as they are.
Shape channels_first(const Shape& shape);
/// True where that moves no element.
bool keeps_order(const Shape& shape);
/// The permutation that does it, or the one back.
std::vector<std::int64_t> to_channels_first(std::size_t rank);
std::vector<std::int64_t> to_channels_last(std::size_t rank);
/// Axis of the file in the graph.
std::int64_t moved_axis(std::int64_t axis, std::size_t rank);

}  // namespace systoliq::sw_ref
