// SPDX-License-Identifier: Apache-2.0
// Just enough of two file formats to hold the reference against recorded runs: the flatbuffer of a TFLite model (field
// numbers from TensorFlow's schema.fbs) and the members of an .npz archive. For trusted test data only.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "types/error.h"

namespace systoliq::golden {

inline std::string read_bytes(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

template <typename T>
T load(const std::string& bytes, std::size_t at) {
  check(at + sizeof(T) <= bytes.size(), "golden file: read past the end");
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// A table of a flatbuffer: a signed offset back to its list of field offsets.
struct Table {
  const std::string* bytes = nullptr;
  std::size_t at = 0;

  std::size_t field(int index) const {
    const std::size_t fields = at - static_cast<std::size_t>(load<std::int32_t>(*bytes, at));
    const std::size_t entry = 4 + 2 * static_cast<std::size_t>(index);
    if (entry + 2 > load<std::uint16_t>(*bytes, fields)) return 0;
    const std::uint16_t offset = load<std::uint16_t>(*bytes, fields + entry);
    return offset == 0 ? 0 : at + offset;
  }

  template <typename T>
  T scalar(int index, T fallback) const {
    const std::size_t where = field(index);
    return where == 0 ? fallback : load<T>(*bytes, where);
  }

  std::size_t follow(std::size_t where) const { return where + load<std::uint32_t>(*bytes, where); }

  Table table(int index) const { return {bytes, follow(field(index))}; }

  template <typename T>
  std::vector<T> vector(int index) const {
    std::vector<T> values;
    if (field(index) == 0) return values;
    const std::size_t where = follow(field(index));
    for (std::size_t i = 0; i < load<std::uint32_t>(*bytes, where); ++i) {
      values.push_back(load<T>(*bytes, where + 4 + i * sizeof(T)));
    }
    return values;
  }

  std::vector<Table> tables(int index) const {
    std::vector<Table> values;
    const std::size_t where = follow(field(index));
    for (std::size_t i = 0; i < load<std::uint32_t>(*bytes, where); ++i) {
      values.push_back({bytes, follow(where + 4 + 4 * i)});
    }
    return values;
  }
};

struct TfliteTensor {
  std::vector<std::int32_t> shape;
  std::vector<float> scales;
  std::int32_t zero_point = 0;
  std::vector<std::int8_t> int8s;    ///< int8 constants
  std::vector<std::int32_t> int32s;  ///< int32 constants
};

enum class TfliteOp { kAveragePool = 1, kConvolution = 3, kDepthwise = 4, kFullyConnected = 9, kOther = 0 };

struct TfliteOperator {
  TfliteOp op = TfliteOp::kOther;
  std::vector<std::int32_t> inputs, outputs;
  bool same_padding = false, relu = false;
  int stride_height = 1, stride_width = 1, kernel_height = 0, kernel_width = 0;
};

struct TfliteModel {
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
};

inline TfliteOperator read_operator(const Table& node, const std::vector<Table>& codes) {
  TfliteOperator result;
  const Table& code = codes[node.scalar<std::uint32_t>(0, 0)];
  const int builtin = code.scalar<std::int8_t>(0, 0);
  result.inputs = node.vector<std::int32_t>(1);
  result.outputs = node.vector<std::int32_t>(2);
  if (builtin != 1 && builtin != 3 && builtin != 4 && builtin != 9) return result;
  result.op = static_cast<TfliteOp>(builtin);
  const Table options = node.table(4);
  const bool dense = result.op == TfliteOp::kFullyConnected;
  const int activation = dense                                 ? 0
                         : result.op == TfliteOp::kConvolution ? 3
                         : result.op == TfliteOp::kDepthwise   ? 4
                                                               : 5;
  result.relu = options.scalar<std::int8_t>(activation, 0) == 1;
  if (dense) return result;
  result.same_padding = options.scalar<std::int8_t>(0, 0) == 0;
  result.stride_width = options.scalar<std::int32_t>(1, 1);
  result.stride_height = options.scalar<std::int32_t>(2, 1);
  if (result.op == TfliteOp::kAveragePool) {
    result.kernel_width = options.scalar<std::int32_t>(3, 1);
    result.kernel_height = options.scalar<std::int32_t>(4, 1);
  }
  return result;
}

inline TfliteModel read_tflite(const std::string& bytes) {
  const Table model{&bytes, load<std::uint32_t>(bytes, 0)};
  const std::vector<Table> codes = model.tables(1);
  const std::vector<Table> buffers = model.tables(4);
  const Table graph = model.tables(2).at(0);
  TfliteModel result;
  for (const Table& tensor : graph.tables(0)) {
    TfliteTensor read;
    read.shape = tensor.vector<std::int32_t>(0);
    const Table quantization = tensor.field(4) == 0 ? tensor : tensor.table(4);
    if (tensor.field(4) != 0) {
      read.scales = quantization.vector<float>(2);
      const auto zero_points = quantization.vector<std::int64_t>(3);
      if (!zero_points.empty()) read.zero_point = static_cast<std::int32_t>(zero_points[0]);
    }
    const Table& buffer = buffers[tensor.scalar<std::uint32_t>(2, 0)];
    const int type = tensor.scalar<std::int8_t>(1, 0);
    if (type == 9) read.int8s = buffer.vector<std::int8_t>(0);
    if (type == 2) {
      const auto raw = buffer.vector<std::uint8_t>(0);
      read.int32s.resize(raw.size() / 4);
      if (!raw.empty()) std::memcpy(read.int32s.data(), raw.data(), read.int32s.size() * 4);
    }
    result.tensors.push_back(read);
  }
  for (const Table& node : graph.tables(3)) result.operators.push_back(read_operator(node, codes));
  return result;
}

/// The int8 payload of an .npy file, after its header.
inline std::vector<std::int8_t> npy_int8(const std::string& bytes) {
  const std::size_t start = 10 + load<std::uint16_t>(bytes, 8);
  check(bytes.compare(0, 6, "\x93NUMPY") == 0 && bytes.substr(0, start).find("|i1") != std::string::npos,
        "golden file: not an .npy of int8");
  return {bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()};
}

/// All int8 arrays of an .npz archive, by name without `.npy`.
inline std::map<std::string, std::vector<std::int8_t>> npz_int8(const std::string& bytes) {
  std::map<std::string, std::vector<std::int8_t>> arrays;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  std::size_t entry = load<std::uint32_t>(bytes, end + 16);
  for (int count = load<std::uint16_t>(bytes, end + 10); count > 0; --count) {
    const auto packed = load<std::uint32_t>(bytes, entry + 20);
    const auto size = load<std::uint32_t>(bytes, entry + 24);
    const auto name_length = load<std::uint16_t>(bytes, entry + 28);
    const auto local = load<std::uint32_t>(bytes, entry + 42);
    const std::string name = bytes.substr(entry + 46, name_length);
    const std::size_t data =
        local + 30 + load<std::uint16_t>(bytes, local + 26) + load<std::uint16_t>(bytes, local + 28);
    std::string contents(size, '\0');
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + data));
    stream.avail_in = packed;
    stream.next_out = reinterpret_cast<Bytef*>(contents.data());
    stream.avail_out = size;
    check(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "golden file: zlib");
    const int status = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    check(status == Z_STREAM_END, "golden file: damaged archive");
    arrays[name.substr(0, name.size() - 4)] = npy_int8(contents);
    entry += 46 + name_length + load<std::uint16_t>(bytes, entry + 30) + load<std::uint16_t>(bytes, entry + 32);
  }
  return arrays;
}

}  // namespace systoliq::golden
