// SPDX-License-Identifier: Apache-2.0
// Writes small TensorFlow Lite files for tests, with the builder that flatc makes of the schema.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw_ref/frontend/tflite/tflite_generated.h"

namespace systoliq::sw_ref::test {

class TfliteWriter final {
 public:
  TfliteWriter() { buffers_.push_back(tflite::CreateBuffer(builder_)); }

  flatbuffers::FlatBufferBuilder& builder() { return builder_; }

  /// Number of a new buffer.
  template <typename T>
  std::uint32_t buffer(const std::vector<T>& values) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    const std::vector<std::uint8_t> data(bytes, bytes + values.size() * sizeof(T));
    buffers_.push_back(tflite::CreateBufferDirect(builder_, &data));
    return static_cast<std::uint32_t>(buffers_.size()) - 1;
  }

  /// Number of a new tensor. Without scales it is not quantized; buffer 0 holds nothing.
  std::int32_t tensor(const std::string& name, const std::vector<std::int32_t>& shape, tflite::TensorType type,
                      const std::vector<float>& scales = {}, const std::vector<std::int64_t>& zero_points = {},
                      std::uint32_t buffer = 0, std::int32_t axis = 0) {
    flatbuffers::Offset<tflite::QuantizationParameters> quantization;
    if (!scales.empty()) {
      quantization = tflite::CreateQuantizationParametersDirect(builder_, nullptr, nullptr, &scales, &zero_points,
                                                                tflite::QuantizationDetails_NONE, 0, axis);
    }
    tensors_.push_back(tflite::CreateTensorDirect(builder_, &shape, type, buffer, name.c_str(), quantization));
    return static_cast<std::int32_t>(tensors_.size()) - 1;
  }

  void add(std::int32_t code, const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs,
           tflite::BuiltinOptions type = tflite::BuiltinOptions_NONE, flatbuffers::Offset<void> options = 0) {
    const auto old = static_cast<std::int8_t>(code > 127 ? 127 : code);
    codes_.push_back(tflite::CreateOperatorCodeDirect(builder_, old, nullptr, 1, code));
    operators_.push_back(tflite::CreateOperatorDirect(builder_, static_cast<std::uint32_t>(codes_.size()) - 1, &inputs,
                                                      &outputs, type, options));
  }

  std::string finish(const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs,
                     std::uint32_t version = 3) {
    const std::vector<flatbuffers::Offset<tflite::SubGraph>> graphs = {
        tflite::CreateSubGraphDirect(builder_, &tensors_, &inputs, &outputs, &operators_, "main")};
    tflite::FinishModelBuffer(builder_,
                              tflite::CreateModelDirect(builder_, version, &codes_, &graphs, "test", &buffers_));
    return {reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize()};
  }

 private:
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tflite::Operator>> operators_;
};

/// Numbers of the format's operators.
enum TfliteCode : std::int32_t {
  kAdd = 0,
  kShape = 77,
  kTranspose = 39,
  kAveragePool2d = 1,
  kConcatenation = 2,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kDequantize = 6,
  kFullyConnected = 9,
  kLogistic = 14,
  kRelu = 19,
  kReshape = 22,
  kSoftmax = 25,
  kLstm = 16,
  kPad = 34,
  kStridedSlice = 45,
  kTransposeConv = 67,
  kPack = 83,
  kMean = 40,
  kQuantize = 114,
  kHardSwish = 117,
  kGelu = 150,
};

/// A convolution with RELU6, a residual add, a flatten and a fully connected layer with a Softmax: what most files
/// hold.
inline std::string small_network() {
  TfliteWriter w;
  const auto int8 = tflite::TensorType_INT8;
  const auto int32 = tflite::TensorType_INT32;
  const std::int32_t x = w.tensor("x", {1, 4, 4, 2}, int8, {0.05F}, {-3});
  const std::int32_t filter =
      w.tensor("filter", {2, 3, 3, 2}, int8, {0.01F, 0.02F}, {0, 0}, w.buffer(std::vector<std::int8_t>(36, 3)));
  const std::int32_t bias =
      w.tensor("bias", {2}, int32, {0.0005F, 0.001F}, {0, 0}, w.buffer(std::vector<std::int32_t>{100, -50}));
  const std::int32_t a = w.tensor("a", {1, 4, 4, 2}, int8, {0.04F}, {-128});
  const std::int32_t sum = w.tensor("sum", {1, 4, 4, 2}, int8, {0.07F}, {1});
  const std::int32_t flat = w.tensor("flat", {1, 32}, int8, {0.07F}, {1});
  std::vector<std::int8_t> matrix(96);
  for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = static_cast<std::int8_t>(i * 37 % 251 - 125);
  const std::int32_t dense = w.tensor("dense", {3, 32}, int8, {0.01F}, {0}, w.buffer(matrix));
  const std::int32_t logits = w.tensor("logits", {1, 3}, int8, {0.2F}, {10});
  const std::int32_t shares = w.tensor("shares", {1, 3}, int8, {1.0F / 256.0F}, {-128});
  w.add(kConv2d, {x, filter, bias}, {a}, tflite::BuiltinOptions_Conv2DOptions,
        tflite::CreateConv2DOptions(w.builder(), tflite::Padding_SAME, 1, 1, tflite::ActivationFunctionType_RELU6)
            .Union());
  w.add(kAdd, {x, a}, {sum}, tflite::BuiltinOptions_AddOptions, tflite::CreateAddOptions(w.builder()).Union());
  w.add(kReshape, {sum}, {flat});
  w.add(kFullyConnected, {flat, dense, -1}, {logits}, tflite::BuiltinOptions_FullyConnectedOptions,
        tflite::CreateFullyConnectedOptions(w.builder()).Union());
  w.add(kSoftmax, {logits}, {shares}, tflite::BuiltinOptions_SoftmaxOptions,
        tflite::CreateSoftmaxOptions(w.builder(), 1.0F).Union());
  return w.finish({x}, {shares});
}

}  // namespace systoliq::sw_ref::test
