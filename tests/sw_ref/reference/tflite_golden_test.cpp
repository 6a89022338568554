// SPDX-License-Identifier: Apache-2.0
// Every layer of a real network (keyword spotting, MLPerf Tiny) against what TensorFlow Lite Micro and LiteRT computed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "sw_ref/reference/reference.h"
#include "tests/sw_ref/reference/tflite_file.h"

namespace systoliq::sw_ref {
namespace {

using golden::TfliteModel;
using golden::TfliteOp;
using golden::TfliteOperator;
using golden::TfliteTensor;

std::string folder() {
  const char* chosen = std::getenv("SYSTOLIQ_DATA");
  const std::string data = chosen != nullptr ? chosen : std::string(SYSTOLIQ_SOURCE_DIR) + "/../shared/data";
  return data + "/golden/tflite/kws_dscnn_int8/";
}

/// [1, h, w, c] or [1, f] as [1, c, h, w].
Shape to_nchw(const std::vector<std::int32_t>& shape) {
  if (shape.size() == 2) return {1, shape[1], 1, 1};
  return {1, shape[3], shape[1], shape[2]};
}

IntTensor to_nchw(const std::vector<std::int8_t>& values, const Shape& shape) {
  IntTensor tensor(shape);
  std::size_t next = 0;
  for (std::int64_t y = 0; y < shape[2]; ++y) {
    for (std::int64_t x = 0; x < shape[3]; ++x) {
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        tensor.data[static_cast<std::size_t>((c * shape[2] + y) * shape[3] + x)] = values.at(next++);
      }
    }
  }
  return tensor;
}

QuantizedTensor quantized(const TfliteTensor& tensor) {
  return {"", to_nchw(tensor.shape), tensor.scales.at(0), tensor.zero_point, 8, 0};
}

/// TFLite's SAME: as many outputs as strides fit, the odd pixel of padding after.
void pad_same(std::int64_t in, std::int64_t out, int kernel, int stride, int* before, int* after) {
  const int total = std::max(0, static_cast<int>((out - 1) * stride + kernel - in));
  *before = total / 2;
  *after = total - total / 2;
}

QuantizedLayer convolution(const TfliteModel& model, const TfliteOperator& op) {
  const TfliteTensor& weights = model.tensors[static_cast<std::size_t>(op.inputs[1])];
  const TfliteTensor& bias = model.tensors[static_cast<std::size_t>(op.inputs[2])];
  const std::vector<std::int32_t> s =
      weights.shape.size() == 2 ? std::vector<std::int32_t>{weights.shape[0], 1, 1, weights.shape[1]} : weights.shape;
  QuantizedLayer layer;
  const bool depthwise = op.op == TfliteOp::kDepthwise;
  const std::int64_t filters = depthwise ? s[3] : s[0];
  const std::int64_t channels = depthwise ? 1 : s[3];
  layer.groups = depthwise ? s[3] : 1;
  layer.fully_connected = op.op == TfliteOp::kFullyConnected;
  layer.window.kernel_height = s[1];
  layer.window.kernel_width = s[2];
  layer.weights = IntTensor(Shape{filters, channels, s[1], s[2]});
  std::size_t next = 0;
  for (std::int64_t o = 0; o < filters; ++o) {
    for (std::int64_t i = 0; i < channels; ++i) {
      for (std::int64_t tap = 0; tap < std::int64_t{s[1]} * s[2]; ++tap) {
        const std::int64_t at = depthwise ? tap * filters + o : (o * s[1] * s[2] + tap) * channels + i;
        layer.weights.data[next++] = weights.int8s.at(static_cast<std::size_t>(at));
      }
    }
  }
  layer.weight_scales = weights.scales;
  layer.bias.assign(bias.int32s.begin(), bias.int32s.end());
  return layer;
}

/// One layer as a network of its own; tensor 0 is its input, tensor 1 its output.
QuantizedNetwork one_layer(const TfliteModel& model, const TfliteOperator& op, Preset preset) {
  QuantizedNetwork network;
  network.preset = preset;
  network.tensors = {quantized(model.tensors[static_cast<std::size_t>(op.inputs[0])]),
                     quantized(model.tensors[static_cast<std::size_t>(op.outputs[0])])};
  const QuantizedTensor& x = network.tensors[0];
  const QuantizedTensor& y = network.tensors[1];
  QuantizedLayer layer;
  if (op.op == TfliteOp::kAveragePool) {
    layer.op = LayerOp::kAveragePool;
    layer.window.kernel_height = op.kernel_height;
    layer.window.kernel_width = op.kernel_width;
  } else {
    layer = convolution(model, op);
  }
  layer.name = "golden";
  layer.window.stride_height = op.stride_height;
  layer.window.stride_width = op.stride_width;
  if (op.same_padding) {
    Window& w = layer.window;
    pad_same(x.shape[2], y.shape[2], w.kernel_height, w.stride_height, &w.pad_top, &w.pad_bottom);
    pad_same(x.shape[3], y.shape[3], w.kernel_width, w.stride_width, &w.pad_left, &w.pad_right);
  }
  if (op.relu) layer.clamp_min = std::max(-128, y.zero_point);
  layer.inputs = {0};
  layer.output = 1;
  network.layers = {layer};
  return network;
}

struct Comparison {
  int layers = 0;
  std::int64_t elements = 0, mismatches = 0;
};

/// Every layer on the recorded input, against the recorded output.
Comparison compare(const std::string& recording, Preset preset) {
  const std::string bytes = golden::read_bytes(folder() + "model.tflite");
  const TfliteModel model = golden::read_tflite(bytes);
  auto tensors = golden::npz_int8(golden::read_bytes(folder() + "layers_real0/" + recording));
  tensors["t" + std::to_string(model.operators.front().inputs[0])] =
      golden::npy_int8(golden::read_bytes(folder() + "real_in.npy"));
  Comparison result;
  for (const TfliteOperator& op : model.operators) {
    if (op.op == TfliteOp::kOther) continue;  // reshape moves nothing, softmax runs on the host
    const QuantizedNetwork network = one_layer(model, op, preset);
    const IntTensor input = to_nchw(tensors.at("t" + std::to_string(op.inputs[0])), network.tensors[0].shape);
    const IntTensor expected = to_nchw(tensors.at("t" + std::to_string(op.outputs[0])), network.tensors[1].shape);
    const IntTensor output = run_layer(network, 0, {&input}, {}, {}, nullptr);
    for (std::size_t i = 0; i < output.data.size(); ++i)
      result.mismatches += output.data[i] != expected.data[i] ? 1 : 0;
    result.elements += static_cast<std::int64_t>(output.data.size());
    ++result.layers;
  }
  return result;
}

class TfliteGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder() + "model.tflite")) {
      GTEST_SKIP() << "no recorded runs at " << folder() << "; set SYSTOLIQ_DATA to the folder that holds golden/";
    }
  }
};

TEST_F(TfliteGolden, DoubleRoundingIsTensorFlowLiteMicro) {
  const Comparison result = compare("tflm_ref.npz", Preset::kTfliteRef);
  EXPECT_EQ(result.layers, 11);
  EXPECT_EQ(result.elements, 9 * 8000 + 64 + 12);
  EXPECT_EQ(result.mismatches, 0);
}

TEST_F(TfliteGolden, FloatRoundingIsLiteRt) {
  const Comparison result = compare("litert_xnnpack.npz", Preset::kOrtMlas);
  EXPECT_EQ(result.mismatches, 0);
}

TEST_F(TfliteGolden, WrongRoundingIsNoticed) {
  EXPECT_GT(compare("tflm_ref.npz", Preset::kFloor).mismatches, 1000);
  EXPECT_GT(compare("tflm_ref.npz", Preset::kTfliteSingle).mismatches, 0);
}

}  // namespace
}  // namespace systoliq::sw_ref
