// SPDX-License-Identifier: Apache-2.0
// The walk over the operators of a file, and its entry points.
#include "sw_ref/frontend/tflite/tflite_builder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "types/error.h"
#include "types/util/input_file.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kOpset = 21;
constexpr std::size_t kIdentifierAt = 4;
constexpr const char* kIdentifier = "TFL3";

/// RESHAPE, SQUEEZE, EXPAND_DIMS.
bool is_reshape(const std::string& op) { return op == "RESHAPE" || op == "SQUEEZE" || op == "EXPAND_DIMS"; }

}  // namespace

/// The operators that are read, by the format's names.
const std::map<std::string, void (TfliteBuilder::*)()>& TfliteBuilder::table() {
  using B = TfliteBuilder;
  static const std::map<std::string, void (B::*)()> kTable = {
      {"ADD", &B::add_binary},
      {"AVERAGE_POOL_2D", &B::add_pool},
      {"CONCATENATION", &B::add_concat},
      {"CONV_2D", &B::add_convolution},
      {"DEPTHWISE_CONV_2D", &B::add_depthwise_convolution},
      {"DEPTH_TO_SPACE", &B::add_space_depth},
      {"DEQUANTIZE", &B::add_dequantize},
      {"EXPAND_DIMS", &B::add_reshape},
      {"FULLY_CONNECTED", &B::add_fully_connected},
      {"HARD_SWISH", &B::add_function},
      {"LEAKY_RELU", &B::add_function},
      {"LOGISTIC", &B::add_function},
      {"MAX_POOL_2D", &B::add_pool},
      {"MEAN", &B::add_mean},
      {"MIRROR_PAD", &B::add_pad},
      {"MUL", &B::add_binary},
      {"PACK", &B::refuse_run_time_shape},
      {"PAD", &B::add_pad},
      {"PADV2", &B::add_pad},
      {"QUANTIZE", &B::add_quantize},
      {"RELU", &B::add_clamp},
      {"RELU6", &B::add_clamp},
      {"RELU_N1_TO_1", &B::add_clamp},
      {"RESHAPE", &B::add_reshape},
      {"RESIZE_NEAREST_NEIGHBOR", &B::add_resize_nearest},
      {"SHAPE", &B::refuse_run_time_shape},
      {"SLICE", &B::add_slice},
      {"SOFTMAX", &B::add_softmax},
      {"SPACE_TO_DEPTH", &B::add_space_depth},
      {"SPLIT", &B::add_split},
      {"SQUEEZE", &B::add_reshape},
      {"STRIDED_SLICE", &B::add_strided_slice},
      {"SUB", &B::add_binary},
      {"TANH", &B::add_function},
      {"TILE", &B::add_tile},
      {"TRANSPOSE", &B::add_transpose},
      {"TRANSPOSE_CONV", &B::add_transposed_convolution},
  };
  return kTable;
}

TfliteNetwork TfliteBuilder::build() {
  network_.graph.opset = kOpset;
  const tflite::SubGraph& graph = file_.graph();
  network_.graph.name =
      graph.name() == nullptr || graph.name()->size() > 1000 ? "main" : without_nul(graph.name()->str());
  for (const std::int32_t index : *graph.outputs()) {
    if (!outputs_of_network_.insert(index).second) {
      throw InputError("tensor " + std::to_string(index) + " is an output twice; accepted: once");
    }
  }
  find_needed();
  for (const std::int32_t index : *graph.inputs()) add_input(index);
  for (const std::uint32_t place : needed_) add_operator(place);
  for (const std::int32_t index : *graph.outputs()) add_output(index);
  if (network_.graph.inputs.empty() || network_.graph.outputs.empty()) {
    throw InputError("has no input or no output; accepted: at least one of each");
  }
  return std::move(network_);
}

/// False where the output's shape in the file cannot be the real one, as where some of it is computed at run time.
bool TfliteBuilder::has_same_count(const tflite::Operator& op) {
  if (op.inputs()->size() < 1 || op.outputs()->size() < 1 || op.inputs()->Get(0) < 0) return true;
  return element_count(file_.tensor(op.inputs()->Get(0)).shape) ==
         element_count(file_.tensor(op.outputs()->Get(0)).shape);
}

/// Operators that an output needs. In a file they stand in the order of execution.
void TfliteBuilder::find_needed() {
  std::set<std::int32_t> wanted = outputs_of_network_;
  const auto& operators = *file_.graph().operators();
  for (std::uint32_t place = operators.size(); place-- > 0;) {
    const tflite::Operator& op = *operators.Get(place);
    if (op.outputs() == nullptr) continue;
    const auto is_wanted = [&wanted](std::int32_t index) { return wanted.count(index) != 0; };
    if (std::none_of(op.outputs()->begin(), op.outputs()->end(), is_wanted)) continue;
    needed_.insert(place);
    for (const std::int32_t output : *op.outputs()) maker_[output] = place;
    if (op.inputs() == nullptr) continue;
    const bool reshapes = is_reshape(file_.name_of(op)) && has_same_count(op);  // its output says the shape
    const auto used = reshapes ? std::min<flatbuffers::uoffset_t>(op.inputs()->size(), 1) : op.inputs()->size();
    for (flatbuffers::uoffset_t i = 0; i < used; ++i) {
      wanted.insert(op.inputs()->Get(i));
      ++readers_[op.inputs()->Get(i)];
      reader_[op.inputs()->Get(i)] = place;
    }
    find_readers(op);
  }
  find_changes_of_type();
  find_file_order();
}

/// A last QUANTIZE between INT8 and UINT8 of one scale.
void TfliteBuilder::find_changes_of_type() {
  for (const std::uint32_t place : needed_) {
    const tflite::Operator& op = *file_.graph().operators()->Get(place);
    if (file_.name_of(op) != "QUANTIZE" || op.inputs() == nullptr || op.inputs()->size() != 1 ||
        op.outputs()->size() != 1) {
      continue;
    }
    const std::int32_t from = op.inputs()->Get(0);
    const std::int32_t to = op.outputs()->Get(0);
    const auto& inputs = *file_.graph().inputs();
    const bool is_input = std::find(inputs.begin(), inputs.end(), from) != inputs.end();
    if (readers_[from] != 1 || outputs_of_network_.count(from) != 0 || outputs_of_network_.count(to) == 0 || is_input ||
        !changes_type_alone(from, to)) {
      continue;
    }
    made_as_[from] = to;
  }
}

/// True where the stored integers, counted from the lowest, stay what they are.
bool TfliteBuilder::changes_type_alone(std::int32_t from, std::int32_t to) {
  const TfliteTensor& a = file_.tensor(from);
  const TfliteTensor& b = file_.tensor(to);
  const auto lowest = [](const TfliteTensor& tensor) { return tensor.type == ElementType::kUint8 ? 0 : -128; };
  const auto byte = [](const TfliteTensor& tensor) {
    return (tensor.type == ElementType::kUint8 || tensor.type == ElementType::kInt8) && tensor.scales.size() == 1;
  };
  return byte(a) && byte(b) && a.scales == b.scales && a.shape == b.shape &&
         a.zero_points[0] - lowest(a) == b.zero_points[0] - lowest(b);
}

void TfliteBuilder::find_readers(const tflite::Operator& op) {
  const std::string name = file_.name_of(op);
  if (name == "SHAPE") return;  // reads no element
  const bool convolution = name == "CONV_2D" || name == "DEPTHWISE_CONV_2D";
  const auto image = op.inputs()->begin();
  read_otherwise_.insert(convolution && op.inputs()->size() != 0 ? image + 1 : image, op.inputs()->end());
}

void TfliteBuilder::add_input(std::int32_t index) {
  const TfliteTensor& tensor = file_.tensor(index);
  const std::string what = "input '" + tensor.name + "'";
  if (tensor.is_constant()) throw InputError(what + " has data; accepted: an input without");
  if (placed_.count(index) != 0) throw InputError(what + " is named twice; accepted: once");
  check_activation(tensor);
  Value value;
  value.name = tensor.name;
  value.type = tensor.type;
  value.shape = graph_shape(index);
  count_elements(value.shape, what);
  if (lies_otherwise(index)) network_.file_shapes[tensor.name] = tensor.shape;
  network_.graph.values[tensor.name] = std::move(value);
  network_.graph.inputs.push_back(tensor.name);
  name_ = tensor.name;
  placed_[index] = {
      tensor.is_quantized() ? dequantize(tensor.name, tensor, tensor.scales, tensor.name + ":real") : tensor.name, {}};
}

void TfliteBuilder::add_output(std::int32_t index) {
  const TfliteTensor& tensor = file_.tensor(index);
  const std::string what = "output '" + tensor.name + "'";
  if (network_.graph.values.count(tensor.name) == 0 || placed_.count(index) == 0) {
    throw InputError(what + " is computed by no operator");
  }
  if (!placed_[index].image.empty()) {
    throw InputError(what + " is an image of shape " + to_string(placed_[index].image) +
                     " made flat, which would change the order of its elements; accepted: the image itself");
  }
  if (lies_otherwise(index)) network_.file_shapes[tensor.name] = tensor.shape;
  if (tensor.is_quantized()) {
    network_.output_scales[tensor.name] = {tensor.scales[0], static_cast<std::int32_t>(tensor.zero_points[0]),
                                           tensor.type == ElementType::kUint8};
  }
  network_.graph.outputs.push_back(tensor.name);
}

void TfliteBuilder::add_operator(std::uint32_t place) {
  op_ = file_.graph().operators()->Get(place);
  op_name_ = file_.name_of(*op_);
  name_ = op_name_ + "_" + std::to_string(place);
  inputs_.clear();
  outputs_.clear();
  if (op_->inputs() != nullptr) inputs_.assign(op_->inputs()->begin(), op_->inputs()->end());
  outputs_.assign(op_->outputs()->begin(), op_->outputs()->end());
  activation_ = TfliteActivation::kNone;
  narrow_bias_ = false;
  parts_ = 0;
  if (fold_shapes()) return;
  const auto row = table().find(op_name_);
  if (row == table().end()) {
    refuse_here("the operator is not supported; supported: " + supported_tflite_operators());
  }
  (this->*row->second)();
}

std::string TfliteBuilder::supported() {
  std::string names;
  for (const auto& row : table()) names += (names.empty() ? "" : ", ") + row.first;
  return names;
}

std::string supported_tflite_operators() { return TfliteBuilder::supported(); }

bool is_tflite(const std::string& bytes) {
  return bytes.size() >= kIdentifierAt + 4 && bytes.compare(kIdentifierAt, 4, kIdentifier) == 0;
}

bool is_tflite_file(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  std::string head(kIdentifierAt + 4, '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), static_cast<std::streamsize>(head.size())).good() && is_tflite(head);
}

TfliteNetwork parse_tflite(const std::string& bytes, const std::string& origin) {
  try {
    if (!is_tflite(bytes)) {
      throw InputError("lacks the identifier TFL3; accepted: a TensorFlow Lite file");
    }
    return TfliteBuilder(bytes).build();
  } catch (const InputError& error) {
    throw InputError(origin + ": " + error.what());
  }
}

TfliteNetwork read_tflite(const std::string& path) {
  return parse_tflite(read_input(path, "a TensorFlow Lite file", INT32_MAX), path);
}

}  // namespace systoliq::sw_ref
