// SPDX-License-Identifier: Apache-2.0
// The writer of ONNX QDQ models: the walk is in qdq_writer.cpp, one function per kind of operator in qdq_operators.cpp.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/quantizer/onnx/host_writer.h"
#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "types/quantized_network.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {

/// Float operators between DequantizeLinear and QuantizeLinear. A tensor T of the network is the float value before
/// QuantizeLinear; "T.quantized" and "T.dequantized" follow it. A network output is the dequantized value and bears the
/// name T itself; values of the host, and where one tensor is several outputs the others, bear the graph's names.
class QdqWriter final {
 public:
  explicit QdqWriter(const QuantizedNetwork& network);
  std::string write();

 private:
  const QuantizedTensor& tensor(int index) const { return network_.tensors.at(static_cast<std::size_t>(index)); }
  bool is_output(int index) const;
  /// Of the graph's output of that number.
  std::string output_name(std::size_t output) const;
  bool is_vector(int index) const { return nth(vector_, index); }
  bool feeds_only_fully_connected(int index) const;
  void check_widths() const;
  void check_factors() const;
  void write_input(int index);
  void write_constant(int index, const IntTensor& values);
  void write_layer(const QuantizedLayer& layer);
  void write_value(const QuantizedLayer& layer, const std::string& value);
  void write_host_part(const HostPart& part);
  std::string host_operand(const HostPart& part, std::size_t input);
  void write_host_result(const HostPart& part, std::size_t output);
  void write_output(std::size_t output);
  /// True where something of the network reads the tensor's integers.
  bool is_read(int index) const;
  /// The value that host parts have under this name: its shape and type.
  const Value& host_value(const std::string& name) const;
  /// A tensor as it is written: as the graph's value where that lies otherwise, else [1, f] or [1, c, h, w].
  Shape written_shape(int index) const;
  void write_metadata();
  /// QuantizeLinear and DequantizeLinear of the float tensor `value`.
  void quantize_value(int index, const std::string& value);
  std::string float_name(int index) const;
  std::vector<std::int64_t> places_in_tensor(int index, const Layout& layout) const;
  std::string in_tensor_order(int index);
  std::string as_image(int index);
  std::string as_vector(int index);
  std::vector<std::string> operands(const QuantizedLayer& layer, bool* vectors);

  void write_rows_product(const QuantizedLayer& layer, const std::string& output);
  std::string write_convolution(const QuantizedLayer& layer, const std::string& output);
  std::string write_operator(const QuantizedLayer& layer, const std::string& output);
  void write_lookup(const QuantizedLayer& layer, const std::string& output);
  void write_pool(const QuantizedLayer& layer, const std::string& output);
  std::string write_weights(const QuantizedLayer& layer);
  std::string write_transposed_weights(const QuantizedLayer& layer);
  std::string write_bias(const QuantizedLayer& layer);
  /// Relu, Clip or nothing, so that QuantizeLinear saturates to the layer's clamp. True if a node was written.
  bool write_clamp(const QuantizedLayer& layer, const std::string& node, const std::string& input,
                   const std::string& output, bool always);
  bool needs_clamp(const QuantizedLayer& layer) const;
  /// Throws InputError for a sum whose rounding QDQ does not tell.
  void check_sum(const QuantizedLayer& layer) const;
  void write_clip(const std::string& node, int index, std::int32_t low, std::int32_t high, const std::string& input,
                  const std::string& output);

  const QuantizedNetwork& network_;
  OnnxGraph graph_;
  HostWriter host_;
  std::vector<std::string> real_;  ///< per tensor: the dequantized float value
  std::vector<bool> vector_;       ///< per tensor: written as [N, f], not [N, c, h, w]
};

}  // namespace systoliq::sw_ref
