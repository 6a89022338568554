// SPDX-License-Identifier: Apache-2.0
// Opens a model file: size limits, protobuf, versions, then the graph. Checks and shapes are our own, since libonnx's
// checker and shape inference end at opset 17.
#include "sw_ref/frontend/onnx/onnx_reader.h"

#include <google/protobuf/stubs/logging.h>

#include <filesystem>
#include <limits>

#include "sw_ref/frontend/onnx/batch.h"
#include "sw_ref/frontend/onnx/graph_builder.h"
#include "sw_ref/frontend/onnx/input_shapes.h"
#include "sw_ref/frontend/onnx/onnx_tensor.h"
#include "types/util/input_file.h"

namespace systoliq::sw_ref {
namespace {

/// Protobuf's own limit for one message.
constexpr std::int64_t kLargestFile = std::numeric_limits<std::int32_t>::max();
/// Versions since 10 only added fields and types: unknown fields are skipped, unknown types refused by name.
constexpr std::int64_t kNewestIrVersion = 13;

template <typename Message>
void parse(Message& message, const std::string& bytes, const char* kind) {
  if (bytes.empty()) throw InputError(std::string("is empty; accepted: an ONNX ") + kind);
  if (bytes.size() > static_cast<std::size_t>(kLargestFile) || !message.ParseFromString(bytes)) {
    throw InputError(std::string("is not a complete ONNX ") + kind + " (protobuf cannot decode it)");
  }
}

void check_version(const onnx::ModelProto& model) {
  if (model.ir_version() < 1 || model.ir_version() > kNewestIrVersion) {
    throw InputError("has file version (ir_version) " + std::to_string(model.ir_version()) + "; accepted: 1 to " +
                     std::to_string(kNewestIrVersion));
  }
}

}  // namespace

Graph parse_onnx(const std::string& bytes, const std::string& origin, const ReadOptions& options) {
  const google::protobuf::LogSilencer quiet;
  try {
    onnx::ModelProto model;
    parse(model, bytes, "model");
    if (!model.has_graph()) throw InputError("holds no graph; accepted: an ONNX model");
    check_version(model);
    set_input_shapes(model, options.shapes);
    const std::int64_t batch = options.batch == Batch::kOne ? set_batch_to_one(model) : 1;
    Graph graph = build_graph(model, options);
    graph.batch = batch;
    return graph;
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
}

Graph read_onnx(const std::string& path, const ReadOptions& options) {
  ReadOptions own = options;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  own.folder = folder.empty() ? "." : folder;
  return parse_onnx(read_input(path, "an ONNX file", kLargestFile), path, own);
}

Value read_tensor_proto(const std::string& path) {
  const google::protobuf::LogSilencer quiet;
  const std::string bytes = read_input(path, "a tensor of ONNX", kLargestFile);
  try {
    onnx::TensorProto tensor;
    parse(tensor, bytes, "tensor");
    return to_value(tensor, "", "tensor '" + tensor.name() + "'");
  } catch (const InputError& error) {
    throw InputError(path + ": " + error.what());
  }
}

}  // namespace systoliq::sw_ref
