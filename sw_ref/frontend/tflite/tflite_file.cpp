// SPDX-License-Identifier: Apache-2.0
// Verification, and tensors with their data.
#include "sw_ref/frontend/tflite/tflite_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "types/error.h"
#include "types/util/index.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr flatbuffers::uoffset_t kDeepest = 16, kMostTables = 2000000;
constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kMostOperators = 100000;
constexpr std::uint32_t kHighestRank = 5;
constexpr std::int64_t kFarthestZero = 1 << 16;
/// What may be made of a file of n bytes: a part may be used several times, but not without end.
constexpr std::uint64_t kMostFold = 64, kAlways = 1 << 22, kMost = std::uint64_t{1} << 31;

ElementType element_type_of(tflite::TensorType type, const std::string& where) {
  switch (type) {
    case tflite::TensorType_FLOAT32:
    case tflite::TensorType_FLOAT16:
      return ElementType::kFloat;
    case tflite::TensorType_INT8:
      return ElementType::kInt8;
    case tflite::TensorType_UINT8:
      return ElementType::kUint8;
    case tflite::TensorType_INT16:
      return ElementType::kInt16;
    case tflite::TensorType_INT32:
      return ElementType::kInt32;
    case tflite::TensorType_INT64:
      return ElementType::kInt64;
    case tflite::TensorType_BOOL:
      return ElementType::kBool;
    case tflite::TensorType_INT4:
      return ElementType::kInt4;
    default:
      break;
  }
  const char* name = tflite::EnumNameTensorType(type);
  throw InputError(where + " has element type " + (*name != '\0' ? name : std::to_string(type)) +
                   "; accepted: FLOAT32, FLOAT16, INT4, INT8, UINT8, INT16, INT32, INT64, BOOL");
}

std::size_t bits_of(const TfliteTensor& tensor, std::size_t count) {
  switch (tensor.type) {
    case ElementType::kInt4:
      return 4;
    case ElementType::kInt16:
      return 16;
    case ElementType::kInt64:
      return 64;
    case ElementType::kFloat:
      return tensor.size == count * 2 ? 16 : 32;
    case ElementType::kInt32:
      return 32;
    default:
      return 8;
  }
}

template <typename Stored>
Stored load(const std::uint8_t* from, std::size_t index) {
  Stored value;
  std::memcpy(&value, from + index * sizeof(Stored), sizeof(Stored));
  return value;
}

/// Numbers of 8 bytes, which a verified file may have at multiples of 4 alone.
std::vector<std::int64_t> unaligned(const flatbuffers::Vector<std::int64_t>& from) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < from.size(); ++i) {
    values.push_back(flatbuffers::EndianScalar(load<std::int64_t>(from.Data(), i)));
  }
  return values;
}

/// IEEE half precision, exactly.
float from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  float value = exponent == 0    ? std::ldexp(static_cast<float>(fraction), -24)
                : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                 : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

TfliteFile::TfliteFile(const std::string& bytes) : words_(bytes.size() / 8 + 1), size_(bytes.size()) {
  constexpr std::size_t kLargest = (std::size_t{1} << 31) - 1;
  if (size_ > kLargest) throw InputError("has more than 2 GiB, as a TensorFlow Lite file cannot");
  std::memcpy(words_.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(words_.data());
  flatbuffers::Verifier verifier(data, size_, kDeepest, kMostTables);
  if (size_ < 8 || !tflite::VerifyModelBuffer(verifier)) {
    throw InputError("is not a complete TensorFlow Lite file (its offsets or sizes leave the file)");
  }
  model_ = tflite::GetModel(data);
  check_structure();
  graph_ = model_->subgraphs()->Get(0);
}

void TfliteFile::check_structure() const {
  if (model_->version() != kVersion) {
    throw InputError("has schema version " + std::to_string(model_->version()) + "; accepted: 3");
  }
  const auto* graphs = model_->subgraphs();
  if (graphs == nullptr || graphs->size() != 1) {
    throw InputError("has " + std::to_string(graphs == nullptr ? 0 : graphs->size()) +
                     " subgraphs (several serve control flow or signatures); accepted: 1");
  }
  const tflite::SubGraph* graph = graphs->Get(0);
  if (graph->tensors() == nullptr || graph->operators() == nullptr || graph->inputs() == nullptr ||
      graph->outputs() == nullptr || model_->operator_codes() == nullptr || model_->buffers() == nullptr) {
    throw InputError("lacks tensors, operators, buffers, inputs or outputs; accepted: a complete network");
  }
  if (graph->operators()->size() > kMostOperators) {
    throw InputError("has " + std::to_string(graph->operators()->size()) + " operators; accepted: up to 100000");
  }
  for (const tflite::Operator* op : *graph->operators()) {
    if (op->opcode_index() >= model_->operator_codes()->size()) {
      throw InputError("an operator has code number " + std::to_string(op->opcode_index()) + " of " +
                       std::to_string(model_->operator_codes()->size()));
    }
  }
}

int TfliteFile::code_of(const tflite::Operator& op) const {
  const tflite::OperatorCode* code = model_->operator_codes()->Get(op.opcode_index());
  return std::max<int>(code->deprecated_builtin_code(), code->builtin_code());  // the older field ends at 127
}

std::string TfliteFile::name_of(const tflite::Operator& op) const {
  const tflite::OperatorCode* code = model_->operator_codes()->Get(op.opcode_index());
  const std::string name = tflite_operator_name(code_of(op));
  constexpr flatbuffers::uoffset_t kLongest = 100;
  if (name != "CUSTOM" || code->custom_code() == nullptr || code->custom_code()->size() > kLongest) return name;
  return name + ":" + code->custom_code()->str();
}

void TfliteFile::charge(std::uint64_t bytes) {
  const std::uint64_t most = std::min(kMost, kMostFold * size_ + kAlways);
  if (bytes > most - charged_) {
    throw InputError("its " + std::to_string(size_) + " bytes would make more than " + std::to_string(most) +
                     " bytes of constants and names; accepted: a file that uses its parts a few times");
  }
  charged_ += bytes;
}

const TfliteTensor& TfliteFile::tensor(std::int32_t index) {
  const auto known = tensors_.find(index);
  if (known != tensors_.end()) return known->second;
  const auto count = static_cast<std::int64_t>(graph_->tensors()->size());
  if (index < 0 || index >= count) {
    throw InputError("tensor " + std::to_string(index) + " is used, but the file has " + std::to_string(count));
  }
  return tensors_.emplace(index, read_tensor(index)).first->second;
}

TfliteTensor TfliteFile::read_tensor(std::int32_t index) {
  const tflite::Tensor& from = *graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(index));
  TfliteTensor tensor;
  const flatbuffers::String* name = from.name();
  charge(name == nullptr ? 0 : 4 * std::uint64_t{name->size()});
  tensor.name = unique_name(name == nullptr ? "" : name->str(), index);
  const std::string where = "tensor '" + tensor.name + "'";
  tensor.type = element_type_of(from.type(), where);
  if (from.sparsity() != nullptr) throw InputError(where + " is sparse; accepted: dense tensors");
  if (from.is_variable()) throw InputError(where + " keeps its value from run to run; accepted: none that do");
  if (from.shape() != nullptr) {
    if (from.shape()->size() > kHighestRank) {
      throw InputError(where + " has " + std::to_string(from.shape()->size()) + " axes; accepted: up to 5");
    }
    tensor.shape.assign(from.shape()->begin(), from.shape()->end());
  }
  for (const std::int64_t size : tensor.shape) {
    if (size < 0) throw InputError(where + " has shape " + to_string(tensor.shape) + "; accepted: sizes of 0 or more");
  }
  element_count(tensor.shape);
  read_buffer(from, &tensor);
  read_quantization(from, &tensor);
  return tensor;
}

std::string TfliteFile::unique_name(std::string name, std::int32_t index) {
  name = without_nul(name);
  if (name.empty() || names_.count(name) != 0) name += ":" + std::to_string(index);
  while (!names_.emplace(name, index).second) name += "'";
  return name;
}

void TfliteFile::read_buffer(const tflite::Tensor& from, TfliteTensor* tensor) const {
  const std::string where = "tensor '" + tensor->name + "'";
  if (from.buffer() >= model_->buffers()->size()) {
    throw InputError(where + " has buffer " + std::to_string(from.buffer()) + " of " +
                     std::to_string(model_->buffers()->size()));
  }
  const tflite::Buffer* buffer = model_->buffers()->Get(from.buffer());
  if (buffer->offset() > 1) {
    throw InputError(where + " has its data behind the file's tables (offset " + std::to_string(buffer->offset()) +
                     "); accepted: data within them");
  }
  if (from.buffer() == 0 || buffer->data() == nullptr || buffer->data()->size() == 0) return;
  tensor->data = buffer->data()->data();
  tensor->size = buffer->data()->size();
}

void TfliteFile::read_quantization(const tflite::Tensor& from, TfliteTensor* tensor) {
  const tflite::QuantizationParameters* quantization = from.quantization();
  if (quantization == nullptr) return;
  const std::string where = "tensor '" + tensor->name + "'";
  if (quantization->details() != nullptr) {
    throw InputError(where + " is quantized in blocks or a custom way; accepted: scales and zero points");
  }
  if (tensor->type == ElementType::kFloat || quantization->scale() == nullptr) return;  // ranges alone, as a record
  const auto count = quantization->scale()->size();
  charge(16 * std::uint64_t{count});
  tensor->scales.assign(quantization->scale()->begin(), quantization->scale()->end());
  if (quantization->zero_point() != nullptr && quantization->zero_point()->size() != 0) {
    tensor->zero_points = unaligned(*quantization->zero_point());
  }
  tensor->zero_points.resize(count, tensor->zero_points.size() == 1 ? tensor->zero_points[0] : 0);
  tensor->axis = quantization->quantized_dimension();
  const auto rank = static_cast<std::int64_t>(tensor->shape.size());
  if (count > 1 && (tensor->axis < 0 || tensor->axis >= rank || nth(tensor->shape, tensor->axis) != count)) {
    throw InputError(where + " has " + std::to_string(count) + " scales, which do not fit axis " +
                     std::to_string(tensor->axis) + " of " + to_string(tensor->shape));
  }
  for (const std::int64_t zero : tensor->zero_points) {
    if (zero >= -kFarthestZero && zero <= kFarthestZero) continue;
    throw InputError(where + " has zero point " + std::to_string(zero) + "; accepted: -65536 to 65536");
  }
  for (const float scale : tensor->scales) {
    if (std::isnormal(scale) && scale > 0.0F) continue;
    throw InputError(where + " has scale " + number_text(scale) + "; accepted: normal floats above 0");
  }
}

Tensor<std::int64_t> TfliteFile::integers(const TfliteTensor& tensor) {
  const auto count = static_cast<std::size_t>(element_count(tensor.shape));
  const std::size_t bits = bits_of(tensor, count);
  if (tensor.type == ElementType::kFloat || (count * bits + 7) / 8 != tensor.size) {
    throw InputError("tensor '" + tensor.name + "' of shape " + to_string(tensor.shape) + " has " +
                     std::to_string(tensor.size) + " bytes of data; accepted: integers of its shape");
  }
  charge(8 * count);
  Tensor<std::int64_t> values(tensor.shape);
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t& value = values.data[i];
    switch (tensor.type) {
      case ElementType::kInt4: {
        const int nibble = (tensor.data[i / 2] >> (i % 2 * 4)) & 15;
        value = nibble >= 8 ? nibble - 16 : nibble;
        break;
      }
      case ElementType::kInt8:
        value = load<std::int8_t>(tensor.data, i);
        break;
      case ElementType::kInt16:
        value = load<std::int16_t>(tensor.data, i);
        break;
      case ElementType::kInt32:
        value = load<std::int32_t>(tensor.data, i);
        break;
      case ElementType::kInt64:
        value = load<std::int64_t>(tensor.data, i);
        break;
      default:
        value = tensor.data[i];
    }
  }
  return values;
}

FloatTensor TfliteFile::floats(const TfliteTensor& tensor) {
  const auto count = static_cast<std::size_t>(element_count(tensor.shape));
  const std::size_t bits = bits_of(tensor, count);
  if (tensor.type != ElementType::kFloat || count * bits / 8 != tensor.size) {
    throw InputError("tensor '" + tensor.name + "' of shape " + to_string(tensor.shape) + " has " +
                     std::to_string(tensor.size) + " bytes of data; accepted: floats of its shape");
  }
  charge(4 * count);
  FloatTensor values(tensor.shape);
  for (std::size_t i = 0; i < count; ++i) {
    values.data[i] = bits == 16 ? from_half(load<std::uint16_t>(tensor.data, i)) : load<float>(tensor.data, i);
  }
  return values;
}

}  // namespace systoliq::sw_ref
