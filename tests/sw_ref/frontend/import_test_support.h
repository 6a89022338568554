// SPDX-License-Identifier: Apache-2.0
// Files for the importer's tests: where the data lies, and ONNX models written byte by byte in protobuf's wire format,
// so that tests can also write what no library would.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace systoliq::test {

inline std::string data_folder() {
  const char* given = std::getenv("SYSTOLIQ_DATA");
  return given != nullptr ? given : SYSTOLIQ_SOURCE_DIR "/../shared/data";
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
/// Field of wire type 0 (integer), 2 (bytes, string, message) and 5 (float).
inline std::string integer(int field, std::int64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(static_cast<std::uint64_t>(value));
}
inline std::string bytes(int field, const std::string& content) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(content.size()) + content;
}
inline std::string real(int field, float value) {
  std::string raw(4, '\0');
  std::memcpy(raw.data(), &value, 4);
  return varint(static_cast<std::uint64_t>(field) << 3 | 5) + raw;
}

// onnx.proto's messages, named as there.

inline std::string int_attribute(const std::string& name, std::int64_t value) {
  return bytes(5, bytes(1, name) + integer(3, value) + integer(20, 2));
}
inline std::string float_attribute(const std::string& name, float value) {
  return bytes(5, bytes(1, name) + real(2, value) + integer(20, 1));
}
inline std::string string_attribute(const std::string& name, const std::string& value) {
  return bytes(5, bytes(1, name) + bytes(4, value) + integer(20, 3));
}
inline std::string ints_attribute(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string list;
  for (const std::int64_t value : values) list += integer(8, value);
  return bytes(5, bytes(1, name) + list + integer(20, 7));
}

inline std::string node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                        const std::string& attributes = "", const std::string& domain = "") {
  std::string content;
  for (const std::string& input : inputs) content += bytes(1, input);
  content += bytes(2, output) + bytes(4, op) + attributes;
  if (!domain.empty()) content += bytes(7, domain);
  return bytes(1, content);
}

constexpr int kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7;

inline std::string tensor(const std::string& name, int type, const std::vector<std::int64_t>& dims,
                          const std::string& raw) {
  std::string content;
  for (const std::int64_t dim : dims) content += integer(1, dim);
  return content + integer(2, type) + bytes(8, name) + bytes(9, raw);
}
inline std::string floats(const std::string& name, const std::vector<std::int64_t>& dims,
                          const std::vector<float>& values) {
  std::string raw(values.size() * 4, '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return bytes(5, tensor(name, kFloat, dims, raw));
}
inline std::string int64s(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string raw(values.size() * 8, '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return bytes(5, tensor(name, kInt64, {static_cast<std::int64_t>(values.size())}, raw));
}
inline std::string int8s(const std::string& name, const std::vector<std::int64_t>& dims,
                         const std::vector<std::int8_t>& values, int type = kInt8) {
  return bytes(5, tensor(name, type, dims, std::string(values.begin(), values.end())));
}

/// A graph input (field 11), output (12) or value_info (13); a dimension is a number or, where empty of digits, a
/// symbol.
inline std::string value_info(int field, const std::string& name, int type, const std::vector<std::string>& dims) {
  std::string shape;
  for (const std::string& dim : dims) {
    const bool number = dim.find_first_not_of("-0123456789") == std::string::npos;
    shape += bytes(1, number ? integer(1, std::stoll(dim)) : bytes(2, dim));
  }
  return bytes(field, bytes(1, name) + bytes(2, bytes(1, integer(1, type) + bytes(2, shape))));
}
inline std::string input(const std::string& name, const std::vector<std::string>& dims, int type = kFloat) {
  return value_info(11, name, type, dims);
}
inline std::string output(const std::string& name, const std::vector<std::string>& dims, int type = kFloat) {
  return value_info(12, name, type, dims);
}

/// The model around a graph's fields.
inline std::string model(const std::string& graph, std::int64_t opset = 13, std::int64_t ir_version = 7) {
  return integer(1, ir_version) + bytes(7, bytes(2, "g") + graph) + bytes(8, bytes(1, "") + integer(2, opset)) +
         bytes(8, bytes(1, "com.microsoft") + integer(2, 1));
}

}  // namespace systoliq::test
