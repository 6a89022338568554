// SPDX-License-Identifier: Apache-2.0
// Opens a model file: size limits, protobuf, libonnx's checker, then the graph, then libonnx's shape inference as a
// second opinion on every shape.
#include "sw_ref/frontend/onnx/onnx_reader.h"

#include <google/protobuf/stubs/logging.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <filesystem>
#include <limits>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/onnx/batch.h"
#include "sw_ref/frontend/onnx/graph_builder.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"
#include "types/util/input_file.h"

namespace systoliq::sw_ref {
namespace {

/// Protobuf's own limit for one message.
constexpr std::int64_t kLargestFile = std::numeric_limits<std::int32_t>::max();
/// The newest file version of libonnx 1.12. Later ones only added types that are refused anyway.
constexpr std::int64_t kCheckedIrVersion = 8, kNewestIrVersion = 10;

template <typename Message>
void parse(Message& message, const std::string& bytes, const char* kind) {
  if (bytes.empty()) throw InputError(std::string("is empty; accepted: an ONNX ") + kind);
  if (bytes.size() > static_cast<std::size_t>(kLargestFile) || !message.ParseFromString(bytes)) {
    throw InputError(std::string("is not a complete ONNX ") + kind + " (protobuf cannot decode it)");
  }
}

/// Before libonnx's checker, which would look for the file in the working folder. `origin` is the model's path.
void refuse_external_data(const onnx::ModelProto& model, const std::string& origin) {
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL && tensor.external_data_size() == 0) continue;
    std::string location;
    for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
      if (entry.key() == "location") location = entry.value();
    }
    const std::filesystem::path file = std::filesystem::path(origin).parent_path() / location;
    std::error_code ignored;
    const bool there = std::filesystem::is_regular_file(file, ignored);
    throw InputError("initializer '" + tensor.name() + "': keeps its data in '" + location + "' beside the model (" +
                     file.string() + (there ? "" : ", which is not there") + "); accepted: data inside the model file");
  }
}

/// libonnx's checker wants a shape for every output, which ONNX itself does not; newer file versions are checked by the
/// rules of the newest one that it knows.
void check_by_libonnx(onnx::ModelProto& model) {
  if (model.ir_version() > kNewestIrVersion || model.ir_version() < 1) {
    throw InputError("has file version (ir_version) " + std::to_string(model.ir_version()) + "; accepted: 1 to 10");
  }
  if (model.ir_version() > kCheckedIrVersion) model.set_ir_version(kCheckedIrVersion);
  std::vector<onnx::ValueInfoProto*> without_shape;
  for (onnx::ValueInfoProto& output : *model.mutable_graph()->mutable_output()) {
    if (output.type().has_tensor_type() && !output.type().tensor_type().has_shape()) without_shape.push_back(&output);
  }
  for (onnx::ValueInfoProto* output : without_shape) output->mutable_type()->mutable_tensor_type()->mutable_shape();
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& error) {
    throw InputError(std::string("rejected by the ONNX checker: ") + error.what());
  }
  for (onnx::ValueInfoProto* output : without_shape) output->mutable_type()->mutable_tensor_type()->clear_shape();
}

bool uses_only_onnx(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!node.domain.empty()) return false;
  }
  return true;
}

/// Compares every shape that libonnx infers with ours. Both must agree, since either could misread a file.
void infer_by_libonnx(onnx::ModelProto& model, const Graph& graph) {
  for (onnx::ValueInfoProto& input : *model.mutable_graph()->mutable_input()) {
    const auto found = graph.values.find(input.name());
    if (found == graph.values.end()) continue;
    onnx::TensorShapeProto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.clear_dim();
    for (const std::int64_t size : found->second.shape) shape.add_dim()->set_dim_value(size);
  }
  try {
    // No type check: it refuses int64 Constants before opset 9, which exporters have always written.
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {false, 1, false});
  } catch (const std::exception& error) {
    throw InputError(std::string("rejected by ONNX shape inference: ") + error.what());
  }
  for (const auto* list : {&model.graph().output(), &model.graph().value_info()}) {
    for (const onnx::ValueInfoProto& inferred : *list) {
      const auto found = graph.values.find(inferred.name());
      if (found != graph.values.end()) check_declared_type(inferred.type(), found->second);
    }
  }
}

}  // namespace

Graph parse_onnx(const std::string& bytes, const std::string& origin, Batch batch) {
  const google::protobuf::LogSilencer quiet;
  try {
    onnx::ModelProto model;
    parse(model, bytes, "model");
    if (!model.has_graph()) throw InputError("holds no graph; accepted: an ONNX model");
    check_operators(model);
    imported_opset(model);
    refuse_external_data(model, origin);
    check_by_libonnx(model);
    if (batch == Batch::kOne) set_batch_to_one(model);
    Graph graph = build_graph(model);
    if (uses_only_onnx(graph)) infer_by_libonnx(model, graph);
    return graph;
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
}

Graph read_onnx(const std::string& path, Batch batch) {
  return parse_onnx(read_input(path, "an ONNX file", kLargestFile), path, batch);
}

Value read_tensor_proto(const std::string& path) {
  const google::protobuf::LogSilencer quiet;
  const std::string bytes = read_input(path, "a tensor of ONNX", kLargestFile);
  try {
    onnx::TensorProto tensor;
    parse(tensor, bytes, "tensor");
    return to_value(tensor, "tensor '" + tensor.name() + "'");
  } catch (const InputError& error) {
    throw InputError(path + ": " + error.what());
  }
}

}  // namespace systoliq::sw_ref
