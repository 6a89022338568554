// SPDX-License-Identifier: Apache-2.0
// Decodes TensorProto (onnx.proto: raw_data is little endian; integers of up to 32 bits, bool and 16-bit floats share
// int32_data; two 4-bit integers share a byte, the first in its low half).
#include "sw_ref/frontend/onnx/onnx_tensor.h"

#include <cmath>
#include <cstring>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/graph/tensor_operations.h"
#include "sw_ref/frontend/onnx/external_data.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using onnx::TensorProto;

// Numbers of types that are newer than Debian's onnx.proto.
constexpr int kUint4Number = 21, kInt4Number = 22;

struct StoredType {
  int number;
  ElementType type;
  int bits;  ///< of an element in raw_data
};
constexpr StoredType kStoredTypes[] = {
    {TensorProto::FLOAT, ElementType::kFloat, 32},    {TensorProto::FLOAT16, ElementType::kFloat, 16},
    {TensorProto::BFLOAT16, ElementType::kFloat, 16}, {TensorProto::DOUBLE, ElementType::kFloat, 64},
    {TensorProto::INT8, ElementType::kInt8, 8},       {TensorProto::UINT8, ElementType::kUint8, 8},
    {TensorProto::INT16, ElementType::kInt16, 16},    {TensorProto::UINT16, ElementType::kUint16, 16},
    {TensorProto::INT32, ElementType::kInt32, 32},    {TensorProto::INT64, ElementType::kInt64, 64},
    {TensorProto::BOOL, ElementType::kBool, 8},       {kInt4Number, ElementType::kInt4, 4},
    {kUint4Number, ElementType::kUint4, 4},
};

const StoredType& stored_type(int number, const std::string& what) {
  for (const StoredType& stored : kStoredTypes) {
    if (stored.number == number) return stored;
  }
  std::string name = std::to_string(number);
  if (onnx::TensorProto_DataType_IsValid(number)) {
    name = onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(number));
  }
  throw InputError(what + ": element type " + name +
                   "; accepted: FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT4, UINT4, INT8, UINT8, INT16, UINT16, INT32, "
                   "INT64, BOOL");
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

/// The 4-bit integers of `bytes`, the lower half of each first.
std::vector<std::int64_t> halves(const std::vector<std::int64_t>& bytes, std::size_t count, bool with_sign) {
  std::vector<std::int64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t half = (bytes[i / 2] >> (i % 2 * 4)) & 15;
    values[i] = with_sign && half > 7 ? half - 16 : half;
  }
  return values;
}

std::vector<std::int64_t> raw_integers(const std::string& raw, ElementType type, std::size_t count) {
  switch (type) {
    case ElementType::kInt8:
      return from_raw<std::int8_t, std::int64_t>(raw, count);
    case ElementType::kInt16:
      return from_raw<std::int16_t, std::int64_t>(raw, count);
    case ElementType::kUint16:
      return from_raw<std::uint16_t, std::int64_t>(raw, count);
    case ElementType::kInt32:
      return from_raw<std::int32_t, std::int64_t>(raw, count);
    case ElementType::kInt64:
      return from_raw<std::int64_t, std::int64_t>(raw, count);
    case ElementType::kInt4:
    case ElementType::kUint4:
      return from_raw<std::uint8_t, std::int64_t>(raw, (count + 1) / 2);
    default:
      return from_raw<std::uint8_t, std::int64_t>(raw, count);
  }
}

/// Integers of up to 16 bits and bool travel in 32-bit fields, which could hold more than the type does.
void expect_range(const std::vector<std::int64_t>& values, ElementType type, const std::string& what) {
  const IntegerRange range = integer_range(type);
  for (const std::int64_t value : values) {
    if (value < range.low || value > range.high) {
      throw InputError(what + ": holds " + std::to_string(value) + ", outside " + std::to_string(range.low) + " to " +
                       std::to_string(range.high) + " of its type");
    }
  }
}

void read_integers(const TensorProto& tensor, const std::string* raw, Value& value, std::size_t count,
                   const std::string& what) {
  std::vector<std::int64_t> integers;
  if (raw != nullptr) {
    integers = raw_integers(*raw, value.type, count);
  } else if (value.type == ElementType::kInt64) {
    integers.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else {
    integers.assign(tensor.int32_data().begin(), tensor.int32_data().end());
  }
  const bool packed = value.type == ElementType::kInt4 || value.type == ElementType::kUint4;
  expect_size(integers.size(), packed ? (count + 1) / 2 : count, what, "elements");
  if (packed) integers = halves(integers, count, value.type == ElementType::kInt4);
  expect_range(integers, value.type, what);
  value.integers = Tensor<std::int64_t>(value.shape, std::move(integers));
}

/// IEEE 754 binary16 as float.
float from_half(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return sign * (fraction == 0 ? INFINITY : NAN);
  const auto significand = static_cast<float>(exponent == 0 ? fraction : fraction + 1024);
  return sign * std::ldexp(significand, static_cast<int>(exponent == 0 ? 1 : exponent) - 25);
}

float from_bfloat(std::uint32_t bits) {
  const std::uint32_t wide = bits << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

std::vector<float> narrowed(const std::vector<double>& doubles, const std::string& what) {
  std::vector<float> floats(doubles.size());
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    floats[i] = static_cast<float>(doubles[i]);
    if (double{floats[i]} == doubles[i] || std::isnan(doubles[i])) continue;
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", doubles[i]);
    throw InputError(what + ": element " + std::to_string(i) + " is " + text +
                     " in DOUBLE, which no FLOAT holds; accepted: values that float32 holds exactly");
  }
  return floats;
}

std::vector<float> read_floats(const TensorProto& tensor, const std::string* raw, std::size_t count,
                               const std::string& what) {
  if (tensor.data_type() == TensorProto::DOUBLE) {
    std::vector<double> doubles(tensor.double_data().begin(), tensor.double_data().end());
    return narrowed(raw != nullptr ? from_raw<double, double>(*raw, count) : doubles, what);
  }
  if (tensor.data_type() == TensorProto::FLOAT) {
    if (raw != nullptr) return from_raw<float, float>(*raw, count);
    return {tensor.float_data().begin(), tensor.float_data().end()};
  }
  std::vector<std::int64_t> bits(tensor.int32_data().begin(), tensor.int32_data().end());
  if (raw != nullptr) bits = from_raw<std::uint16_t, std::int64_t>(*raw, count);
  expect_range(bits, ElementType::kUint16, what);
  std::vector<float> floats;
  for (const std::int64_t pattern : bits) {
    const auto word = static_cast<std::uint32_t>(pattern);
    floats.push_back(tensor.data_type() == TensorProto::FLOAT16 ? from_half(word) : from_bfloat(word));
  }
  return floats;
}

}  // namespace

ElementType element_type(int data_type, const std::string& what) { return stored_type(data_type, what).type; }

Value to_value(const TensorProto& tensor, const std::string& folder, const std::string& what) {
  if (tensor.has_segment()) throw InputError(what + ": is stored in segments; accepted: one piece");
  const StoredType& stored = stored_type(tensor.data_type(), what);
  Value value;
  value.name = tensor.name();
  value.type = stored.type;
  value.shape.assign(tensor.dims().begin(), tensor.dims().end());
  value.is_constant = true;
  const auto count = static_cast<std::size_t>(checked_count(value.shape, what));
  const std::size_t bytes = (count * static_cast<std::size_t>(stored.bits) + 7) / 8;
  std::string external;
  const std::string* raw = tensor.has_raw_data() ? &tensor.raw_data() : nullptr;
  if (is_external(tensor)) {
    external = read_external_data(tensor, folder, bytes, what);
    raw = &external;
  }
  if (raw != nullptr) expect_size(raw->size(), bytes, what, "bytes");
  if (value.type == ElementType::kFloat) {
    std::vector<float> floats = read_floats(tensor, raw, count, what);
    expect_size(floats.size(), count, what, "elements");
    value.floats = FloatTensor(value.shape, std::move(floats));
  } else {
    read_integers(tensor, raw, value, count, what);
  }
  return value;
}

}  // namespace systoliq::sw_ref
