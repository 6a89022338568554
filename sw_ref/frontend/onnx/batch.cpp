// SPDX-License-Identifier: Apache-2.0
// Rewrites the batch where a model states it.
#include "sw_ref/frontend/onnx/batch.h"

#include <cstring>
#include <set>
#include <string>

#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

std::int64_t stated_batch(const onnx::ValueInfoProto& input) {
  const onnx::TensorShapeProto& shape = input.type().tensor_type().shape();
  return shape.dim_size() >= 2 && shape.dim(0).has_dim_value() ? shape.dim(0).dim_value() : 1;
}

void set_first_dimension(onnx::ValueInfoProto* value, std::int64_t batch) {
  if (!value->type().tensor_type().has_shape()) return;
  onnx::TensorShapeProto* shape = value->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (shape->dim_size() > 0 && shape->dim(0).dim_value() == batch) shape->mutable_dim(0)->set_dim_value(1);
}

/// The first element of an int64 constant, if it is the batch.
void set_first_element(onnx::TensorProto* tensor, std::int64_t batch) {
  if (tensor->data_type() != onnx::TensorProto::INT64) return;
  if (tensor->int64_data_size() > 0) {
    if (tensor->int64_data(0) == batch) tensor->set_int64_data(0, 1);
    return;
  }
  std::string* raw = tensor->mutable_raw_data();
  std::int64_t first = 0;
  if (raw->size() < sizeof first) return;
  std::memcpy(&first, raw->data(), sizeof first);
  const std::int64_t one = 1;
  if (first == batch) std::memcpy(raw->data(), &one, sizeof one);
}

void set_reshapes(onnx::GraphProto* graph, std::int64_t batch) {
  std::set<std::string> shapes;
  for (const onnx::NodeProto& node : graph->node()) {
    if (node.op_type() == "Reshape" && node.input_size() == 2) shapes.insert(node.input(1));
  }
  for (onnx::TensorProto& tensor : *graph->mutable_initializer()) {
    if (shapes.count(tensor.name()) != 0) set_first_element(&tensor, batch);
  }
  for (onnx::NodeProto& node : *graph->mutable_node()) {
    if (node.op_type() != "Constant" || node.output_size() != 1 || shapes.count(node.output(0)) == 0) continue;
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.name() == "value") set_first_element(attribute.mutable_t(), batch);
    }
  }
}

}  // namespace

std::int64_t set_batch_to_one(onnx::ModelProto& model) {
  onnx::GraphProto* graph = model.mutable_graph();
  std::set<std::string> constants;
  for (const onnx::TensorProto& tensor : graph->initializer()) constants.insert(tensor.name());
  std::int64_t batch = 1;
  for (const onnx::ValueInfoProto& input : graph->input()) {
    const std::int64_t stated = constants.count(input.name()) == 0 ? stated_batch(input) : 1;
    if (stated <= 1) continue;
    if (batch != 1 && stated != batch) {
      throw InputError("inputs have batches of " + std::to_string(batch) + " and " + std::to_string(stated) +
                       "; accepted: the same for all");
    }
    batch = stated;
  }
  if (batch == 1) return batch;
  for (onnx::ValueInfoProto& input : *graph->mutable_input()) {
    if (constants.count(input.name()) == 0) set_first_dimension(&input, batch);
  }
  for (onnx::ValueInfoProto& output : *graph->mutable_output()) set_first_dimension(&output, batch);
  graph->clear_value_info();
  set_reshapes(graph, batch);
  return batch;
}

}  // namespace systoliq::sw_ref
