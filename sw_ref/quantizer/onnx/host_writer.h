// SPDX-License-Identifier: Apache-2.0
// Writes the operators of the host as the ONNX nodes that they are.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// The opset of a file with these parts: theirs, at least 13.
std::int64_t file_opset(const std::vector<HostPart>& parts);

/// The number of an element type in ONNX.
int onnx_type(ElementType type);

class HostWriter final {
 public:
  explicit HostWriter(OnnxGraph* onnx) : onnx_(*onnx) {}

  /// A float of the host bears this name in the file.
  void set_name(const std::string& value, const std::string& name) { names_[value] = name; }
  const std::string& name_of(const std::string& value) const { return names_.at(value); }

  /// `name`, whose shape in the file is `from`, in the shape `to`; a batch of 1 stays open.
  std::string reshaped(const std::string& name, const Shape& from, const Shape& to);

  /// The nodes of a part. `operand` gives the name of an input that lies in a tensor, in the shape that the part's
  /// graph has. Values without a name get one. Nodes of opsets before 13 are written in the form of opset 13. Throws
  /// InputError.
  void write(const HostPart& part, const std::function<std::string(std::size_t input)>& operand);

 private:
  void write_node(const Graph& graph, const Node& given);
  void write_softmax_of_rows(const Graph& graph, const Node& node);
  void move_attributes(const Graph& graph, Node* node);
  std::string add_constant(const Value& value);

  OnnxGraph& onnx_;
  std::map<std::string, std::string> names_;      ///< of values in the file
  std::map<std::string, std::string> constants_;  ///< of the part that is being written
};

}  // namespace systoliq::sw_ref
