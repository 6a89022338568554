// SPDX-License-Identifier: Apache-2.0
// Decodes TensorProto (onnx.proto: raw_data is little endian; int8, uint8, bool and int32 share int32_data).
#include "sw_ref/frontend/onnx/onnx_tensor.h"

#include <cstring>
#include <limits>

#include "sw_ref/frontend/graph/tensor_operations.h"

namespace systoliq::sw_ref {
namespace {

using onnx::TensorProto;

std::size_t byte_width(ElementType type) {
  switch (type) {
    case ElementType::kInt64:
      return 8;
    case ElementType::kFloat:
    case ElementType::kInt32:
      return 4;
    default:
      return 1;
  }
}

/// Elements of type Stored from little-endian bytes; the hosts systoliq runs on are little endian.
template <typename Stored, typename Result>
std::vector<Result> from_raw(const std::string& raw, std::size_t count) {
  std::vector<Result> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, raw.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<Result>(stored);
  }
  return values;
}

void expect_size(std::size_t found, std::size_t expected, const std::string& what, const char* unit) {
  if (found == expected) return;
  throw InputError(what + ": holds " + std::to_string(found) + " " + unit + ", its shape and type need " +
                   std::to_string(expected));
}

std::vector<std::int64_t> raw_integers(const std::string& raw, ElementType type, std::size_t count) {
  switch (type) {
    case ElementType::kInt8:
      return from_raw<std::int8_t, std::int64_t>(raw, count);
    case ElementType::kInt32:
      return from_raw<std::int32_t, std::int64_t>(raw, count);
    case ElementType::kInt64:
      return from_raw<std::int64_t, std::int64_t>(raw, count);
    default:
      return from_raw<std::uint8_t, std::int64_t>(raw, count);
  }
}

/// int8, uint8 and bool travel in 32-bit fields, which could hold more than the type does.
void expect_range(const std::vector<std::int64_t>& values, ElementType type, const std::string& what) {
  std::int64_t low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  if (type == ElementType::kInt8) low = -128, high = 127;
  if (type == ElementType::kUint8) low = 0, high = 255;
  if (type == ElementType::kBool) low = 0, high = 1;
  for (const std::int64_t value : values) {
    if (value < low || value > high) {
      throw InputError(what + ": holds " + std::to_string(value) + ", outside " + std::to_string(low) + " to " +
                       std::to_string(high) + " of its type");
    }
  }
}

void read_integers(const TensorProto& tensor, Value& value, std::size_t count, const std::string& what) {
  std::vector<std::int64_t> integers;
  if (tensor.has_raw_data()) {
    integers = raw_integers(tensor.raw_data(), value.type, count);
  } else if (value.type == ElementType::kInt64) {
    integers.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else {
    integers.assign(tensor.int32_data().begin(), tensor.int32_data().end());
  }
  expect_size(integers.size(), count, what, "elements");
  expect_range(integers, value.type, what);
  value.integers = Tensor<std::int64_t>(value.shape, std::move(integers));
}

void read_floats(const TensorProto& tensor, Value& value, std::size_t count, const std::string& what) {
  std::vector<float> floats;
  if (tensor.has_raw_data()) {
    floats = from_raw<float, float>(tensor.raw_data(), count);
  } else {
    floats.assign(tensor.float_data().begin(), tensor.float_data().end());
  }
  expect_size(floats.size(), count, what, "elements");
  value.floats = FloatTensor(value.shape, std::move(floats));
}

}  // namespace

ElementType element_type(int data_type, const std::string& what) {
  switch (data_type) {
    case TensorProto::FLOAT:
      return ElementType::kFloat;
    case TensorProto::INT8:
      return ElementType::kInt8;
    case TensorProto::UINT8:
      return ElementType::kUint8;
    case TensorProto::INT32:
      return ElementType::kInt32;
    case TensorProto::INT64:
      return ElementType::kInt64;
    case TensorProto::BOOL:
      return ElementType::kBool;
    default:
      break;
  }
  std::string name = std::to_string(data_type);
  if (onnx::TensorProto_DataType_IsValid(data_type)) {
    name = onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(data_type));
  }
  throw InputError(what + ": element type " + name + "; accepted: FLOAT, INT8, UINT8, INT32, INT64, BOOL");
}

Value to_value(const TensorProto& tensor, const std::string& what) {
  if (tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    throw InputError(what + ": keeps its data in another file; accepted: data inside the model file");
  }
  if (tensor.has_segment()) throw InputError(what + ": is stored in segments; accepted: one piece");
  Value value;
  value.name = tensor.name();
  value.type = element_type(tensor.data_type(), what);
  value.shape.assign(tensor.dims().begin(), tensor.dims().end());
  value.is_constant = true;
  const auto count = static_cast<std::size_t>(checked_count(value.shape, what));
  if (tensor.has_raw_data()) expect_size(tensor.raw_data().size(), count * byte_width(value.type), what, "bytes");
  if (value.type == ElementType::kFloat) {
    read_floats(tensor, value, count, what);
  } else {
    read_integers(tensor, value, count, what);
  }
  return value;
}

}  // namespace systoliq::sw_ref
