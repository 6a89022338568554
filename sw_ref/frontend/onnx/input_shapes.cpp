// SPDX-License-Identifier: Apache-2.0
// Writes given sizes where the model's inputs have symbols.
#include "sw_ref/frontend/onnx/input_shapes.h"

#include <set>

#include "types/error.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using Dimension = onnx::TensorShapeProto::Dimension;

/// Writes one input's sizes and notes what its symbols stand for.
void set_shape(onnx::ValueInfoProto& input, const Shape& given, std::map<std::string, std::int64_t>& symbols) {
  const std::string what = "--shape " + input.name() + ": ";
  onnx::TypeProto::Tensor& type = *input.mutable_type()->mutable_tensor_type();
  const int rank = type.has_shape() ? type.shape().dim_size() : static_cast<int>(given.size());
  if (rank != static_cast<int>(given.size())) {
    throw InputError(what + "has " + std::to_string(given.size()) + " sizes; accepted: " + std::to_string(rank) +
                     ", one for each axis of the input");
  }
  onnx::TensorShapeProto& shape = *type.mutable_shape();
  for (int axis = 0; axis < rank; ++axis) {
    Dimension& dimension = axis < shape.dim_size() ? *shape.mutable_dim(axis) : *shape.add_dim();
    const std::int64_t size = nth(given, axis);
    const std::string place = what + "axis " + std::to_string(axis);
    if (size < 1) throw InputError(place + " is " + std::to_string(size) + "; accepted: 1 or more");
    if (dimension.has_dim_value() && dimension.dim_value() != size) {
      throw InputError(place + " is " + std::to_string(size) + "; accepted: " + std::to_string(dimension.dim_value()) +
                       ", which the network states");
    }
    if (dimension.has_dim_param() && !dimension.dim_param().empty()) {
      const auto known = symbols.emplace(dimension.dim_param(), size).first;
      if (known->second != size) {
        throw InputError(place + " ('" + known->first + "') is " + std::to_string(size) +
                         "; accepted: " + std::to_string(known->second) + ", as given on another axis");
      }
    }
    dimension.set_dim_value(size);
  }
}

}  // namespace

void set_input_shapes(onnx::ModelProto& model, const std::map<std::string, Shape>& shapes) {
  if (shapes.empty()) return;
  onnx::GraphProto& graph = *model.mutable_graph();
  std::set<std::string> constants, names;
  for (const onnx::TensorProto& tensor : graph.initializer()) constants.insert(tensor.name());
  std::map<std::string, std::int64_t> symbols;
  for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
    if (constants.count(input.name()) != 0) continue;
    names.insert(input.name());
    const auto given = shapes.find(input.name());
    if (given != shapes.end()) set_shape(input, given->second, symbols);
  }
  for (const auto& shape : shapes) {
    if (names.count(shape.first) != 0) continue;
    std::string accepted;
    for (const std::string& name : names) accepted += (accepted.empty() ? "'" : ", '") + name + "'";
    throw InputError("--shape " + shape.first + ": the network has no such input; accepted: " + accepted);
  }
  for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
    if (names.count(input.name()) == 0 || shapes.count(input.name()) != 0) continue;
    for (Dimension& dimension : *input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
      const auto known = symbols.find(dimension.dim_param());
      if (!dimension.has_dim_value() && known != symbols.end()) dimension.set_dim_value(known->second);
    }
  }
}

}  // namespace systoliq::sw_ref
