// SPDX-License-Identifier: Apache-2.0
// A thin layer over ONNX's protobuf: nodes, attributes, initializers and value descriptions in one line each.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "types/graph.h"
#include "types/tensor.h"

namespace systoliq::sw_ref {

class OnnxGraph final {
 public:
  OnnxGraph(const std::string& name, std::int64_t opset);

  /// Adds a node with one output and returns it for attributes.
  onnx::NodeProto& add_node(const std::string& op, const std::string& name, const std::vector<std::string>& inputs,
                            const std::string& output);
  static void set_int(onnx::NodeProto& node, const char* name, std::int64_t value);
  static void set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value);
  static void set_ints(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values);

  /// Initializers; the name is returned. INT8 and UINT8 take one byte a value.
  std::string add_floats(const std::string& name, const Shape& shape, const std::vector<float>& values);
  std::string add_int64s(const std::string& name, const std::vector<std::int64_t>& values);
  std::string add_int32s(const std::string& name, const std::vector<std::int64_t>& values);
  std::string add_bytes(const std::string& name, const Shape& shape, const std::vector<std::int32_t>& values,
                        bool is_unsigned);

  /// Of any integer type, by its number in ONNX.
  std::string add_integers(const std::string& name, int type, const Shape& shape,
                           const std::vector<std::int64_t>& values);

  /// Float tensor [N, rest...] with a symbolic batch.
  void add_input(const std::string& name, const Shape& rest);
  void add_output(const std::string& name, const Shape& rest);
  /// The same, of a shape whose leading 1 is the batch; without one there is no batch.
  void add_shaped_input(const std::string& name, const Shape& shape);
  void add_shaped_output(const std::string& name, const Shape& shape);
  /// Tensor of that type in ONNX; a first axis of 1 is a symbolic batch.
  void add_input(const std::string& name, const Shape& shape, int type);
  void add_output(const std::string& name, const Shape& shape, int type);
  void add_metadata(const std::string& key, const std::string& value);

  void reserve_name(const std::string& name) { used_.insert(name); }
  /// `name`, with underscores behind it until no tensor has that name.
  std::string fresh(std::string name);

  /// Raises the opset to `opset` where it is lower.
  void require_opset(std::int64_t opset);

  std::string serialize() const { return model_.SerializeAsString(); }

 private:
  onnx::TensorProto& add_initializer(const std::string& name, int type, const Shape& shape);

  onnx::ModelProto model_;
  std::set<std::string> used_;
};

}  // namespace systoliq::sw_ref
