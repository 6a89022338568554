// SPDX-License-Identifier: Apache-2.0
// A verified file and its tensors, read when they are asked for. Internal to the reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_generated.h"
#include "types/graph.h"

namespace systoliq::sw_ref {

struct TfliteTensor {
  std::string name;  ///< unique, never empty
  Shape shape;       ///< as in the file
  ElementType type = ElementType::kFloat;
  std::vector<float> scales;  ///< empty: not quantized
  std::vector<std::int64_t> zero_points;
  std::int64_t axis = 0;               ///< of the scales
  const std::uint8_t* data = nullptr;  ///< of a constant
  std::size_t size = 0;                ///< bytes of it

  bool is_constant() const { return data != nullptr; }
  bool is_quantized() const { return !scales.empty(); }
};

class TfliteFile final {
 public:
  /// Verifies offsets, sizes and indices. Throws InputError. Keeps a copy of the bytes.
  explicit TfliteFile(const std::string& bytes);

  const tflite::SubGraph& graph() const { return *graph_; }
  /// Number of the operator in the format, and the name that goes with it.
  int code_of(const tflite::Operator& op) const;
  std::string name_of(const tflite::Operator& op) const;

  /// Throws InputError for an index out of range and for a tensor of a kind that is not read.
  const TfliteTensor& tensor(std::int32_t index);
  /// Of a tensor that was read: what the file computes, where its own shape cannot be right.
  void set_shape(std::int32_t index, const Shape& shape) { tensors_.at(index).shape = shape; }
  /// The elements of a constant as integers, or as floats. Throws InputError where its bytes are not as many as its
  /// shape says.
  Tensor<std::int64_t> integers(const TfliteTensor& tensor);
  FloatTensor floats(const TfliteTensor& tensor);

 private:
  void check_structure() const;
  TfliteTensor read_tensor(std::int32_t index);
  void read_quantization(const tflite::Tensor& from, TfliteTensor* tensor);
  void read_buffer(const tflite::Tensor& from, TfliteTensor* tensor) const;
  std::string unique_name(std::string name, std::int32_t index);
  /// Counts bytes that are made of the file's, before they are: parts of a file may be used many times.
  void charge(std::uint64_t bytes);

  std::vector<std::uint64_t> words_;  ///< the bytes, aligned
  std::size_t size_ = 0;
  const tflite::Model* model_ = nullptr;
  const tflite::SubGraph* graph_ = nullptr;
  std::map<std::int32_t, TfliteTensor> tensors_;
  std::map<std::string, std::int32_t> names_;
  std::uint64_t charged_ = 0;
};

/// The operator's name in the format, or "operator 999".
std::string tflite_operator_name(int code);

}  // namespace systoliq::sw_ref
