// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite files of 16-bit activations: what is read, which presets they take, and what is refused by name.
#include <gtest/gtest.h>

#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "sw_ref/quantizer/tflite/tflite_softmax.h"
#include "sw_ref/quantizer/tflite/tflite_tables.h"
#include "tests/sw_ref/frontend/tflite_writer.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

using test::TfliteWriter;

constexpr auto kFloat32 = tflite::TensorType_FLOAT32;
constexpr auto kInt8 = tflite::TensorType_INT8;
constexpr auto kInt16 = tflite::TensorType_INT16;
constexpr auto kInt32 = tflite::TensorType_INT32;
constexpr auto kInt64 = tflite::TensorType_INT64;

std::string refusal(const std::string& bytes, Preset preset) {
  try {
    read_quantized(parse_tflite(bytes, "net.tflite"), preset);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& bytes, const std::vector<std::string>& parts,
                    Preset preset = Preset::kTflite16x8) {
  const std::string text = refusal(bytes, preset);
  EXPECT_FALSE(text.empty()) << "accepted";
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text;
}

struct Bias {
  tflite::TensorType type = kInt64;
  std::int64_t value = std::int64_t{5} << 40;
};

/// Two channels of two pixels with weights of one zero point.
std::string convolution(const Bias& bias = {}, std::int64_t weight_zero = 0, tflite::TensorType said = kFloat32) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 1, 2, 1}, kInt16, {0.001F}, {0});
  const std::uint32_t filter = w.buffer(std::vector<std::int8_t>{100, -7});
  const std::int32_t f = w.tensor("f", {2, 1, 1, 1}, kInt8, {0.01F, 0.02F}, {weight_zero, 0}, filter);
  const std::uint32_t values = bias.type == kInt64
                                   ? w.buffer(std::vector<std::int64_t>{bias.value, -3})
                                   : w.buffer(std::vector<std::int32_t>{static_cast<std::int32_t>(bias.value), -3});
  const std::int32_t b = w.tensor("b", {2}, bias.type, {1e-5F, 2e-5F}, {0, 0}, values);
  const std::int32_t y = w.tensor("y", {1, 1, 2, 2}, kInt16, {0.002F}, {0});
  w.add(test::kConv2d, {x, f, b}, {y}, tflite::BuiltinOptions_Conv2DOptions,
        tflite::CreateConv2DOptions(w.builder(), tflite::Padding_VALID, 1, 1, tflite::ActivationFunctionType_RELU, 1, 1,
                                    said)
            .Union());
  return w.finish({x}, {y});
}

/// One operator without options between two vectors.
std::string single(std::int32_t code, tflite::TensorType in, tflite::TensorType out, float out_scale = 0.1F) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 8}, in, {0.1F}, {0});
  const std::int32_t y = w.tensor("y", {1, 8}, out, {out_scale}, {0});
  w.add(code, {x}, {y});
  return w.finish({x}, {y});
}

std::string sum(float scale, bool pot_scale) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 2, 2, 1}, kInt16, {scale}, {0});
  const std::int32_t y = w.tensor("y", {1, 2, 2, 1}, kInt16, {2 * scale}, {0});
  w.add(test::kAdd, {x, x}, {y}, tflite::BuiltinOptions_AddOptions,
        tflite::CreateAddOptions(w.builder(), tflite::ActivationFunctionType_NONE, pot_scale).Union());
  return w.finish({x}, {y});
}

TEST(Tflite16x8, ConvolutionHasBiasesOf64Bits) {
  for (const Preset preset : {Preset::kTflite16x8, Preset::kLitert16x8}) {
    const QuantizedNetwork network = read_quantized(parse_tflite(convolution(), "net.tflite"), preset);
    ASSERT_EQ(network.layers.size(), 1U);
    const QuantizedLayer& layer = network.layers[0];
    EXPECT_EQ(layer.bias, (std::vector<std::int64_t>{std::int64_t{5} << 40, -3}));
    EXPECT_EQ(layer.clamp_min, 0);
    EXPECT_EQ(layer.clamp_max, 32767);
    EXPECT_EQ(network.tensors[0].bits, 16);
    EXPECT_EQ(requantization_preset(network, layer), Preset::kTflite16x8);
  }
}

/// Beside a bias of 32 bits the kernel has sums of 32, which it rounds as it does of 8-bit activations.
TEST(Tflite16x8, BiasesOf32BitsTakeTwoRoundings) {
  const TfliteNetwork file = parse_tflite(convolution({kInt32, 5}, 0, kInt32), "net.tflite");
  for (const Preset preset : {Preset::kTflite16x8, Preset::kLitert16x8}) {
    QuantizedNetwork network = read_quantized(file, preset);
    QuantizedLayer& layer = network.layers.at(0);
    EXPECT_TRUE(layer.sums_of_32_bits);
    EXPECT_EQ(requantization_preset(network, layer), Preset::kTfliteRef);
    layer.fully_connected = true;
    EXPECT_EQ(requantization_preset(network, layer),
              preset == Preset::kLitert16x8 ? Preset::kLitert16x8 : Preset::kTfliteRef);
  }
}

TEST(Tflite16x8, FilesTakeTheirOwnPresets) {
  const TfliteNetwork wide = parse_tflite(convolution(), "net.tflite");
  EXPECT_EQ(default_tflite_preset(wide), Preset::kTflite16x8);
  EXPECT_EQ(default_tflite_preset(parse_tflite(test::small_network(), "net.tflite")), Preset::kTfliteRef);
  for (const Preset preset : {Preset::kTfliteRef, Preset::kTfliteSingle, Preset::kXnnFp32, Preset::kOrtMlas}) {
    expect_refused(convolution(), {"activations of 16 bits", "tflite_16x8, litert_16x8"}, preset);
  }
  expect_refused(test::small_network(), {"activations of 8 bits", "tflite_ref"});
}

TEST(Tflite16x8, WhatTheKernelsLackIsRefusedByName) {
  expect_refused(convolution({kInt32, 5}), {"'b'", "INT32 beside INT16", "INT64", "quantized_bias_type"});
  expect_refused(convolution({}, 3), {"'f'", "zero point", "accepted: 0"});
  expect_refused(single(test::kRelu, kInt8, kInt16), {"16"}, Preset::kTfliteRef);
  expect_refused(single(test::kLogistic, kInt16, kInt16), {"LOGISTIC", "16 bits", "1/32768"});
  expect_refused(single(test::kHardSwish, kInt16, kInt16), {"HARD_SWISH", "16 bits"});
  expect_refused(sum(0x1p-10F, true), {"ADD_0", "pot_scale_int16"});
  EXPECT_EQ(refusal(sum(0x1p-10F, false), Preset::kTflite16x8), "");
  EXPECT_EQ(refusal(sum(0.001F, true), Preset::kTflite16x8), "") << "scales that are no powers of two";
}

/// 64 · 0.0380859375 / 0.041666668 = 58.4999981, which is 58.5 by a quotient in float.
TEST(Tflite16x8, ChangeOfScaleIsInDouble) {
  QuantizedTensor in, out;
  in.scale = 0.0380859375F;
  out.scale = 0.041666668F;
  const TfliteOperator from = {TfliteOp::kRescale};
  for (const int bits : {8, 16}) {
    in.bits = out.bits = bits;
    const std::vector<std::int32_t> table = tflite_table(from, in, out, Preset::kTfliteRef);
    EXPECT_EQ(table.at((1U << (bits - 1)) + 64), 58);
    EXPECT_EQ(table.at((1U << (bits - 1)) - 64), -58);
  }
}

/// As LiteRT answers.
TEST(Tflite16x8, SoftmaxOfVectors) {
  HostSoftmax softmax;
  softmax.output.bits = 16;
  softmax.output.scale = 0x1p-15F;
  QuantizedTensor in;
  in.bits = 16;
  const auto shares = [&](float scale, const std::vector<std::int32_t>& logits) {
    in.scale = scale;
    const IntTensor vector({1, static_cast<std::int64_t>(logits.size()), 1, 1}, logits);
    return tflite_softmax(softmax, in, Preset::kLitert16x8, vector).data;
  };
  using Row = std::vector<std::int32_t>;
  EXPECT_EQ(shares(0x1p-12F, {5, 5}), (Row{16384, 16384}));
  EXPECT_EQ(shares(0x1p-12F, {4096, 0, -4096, -32768}), (Row{21796, 8019, 2950, 3}));
  EXPECT_EQ(shares(0.001F, {7}), Row{32767});
  EXPECT_EQ(shares(1.0F, {32767, -32768, 0}), (Row{32764, 2, 2}));
  EXPECT_THROW(shares(2.6F, {7}), InputError);
  softmax.output.scale = 0x1p-8F;
  EXPECT_THROW(shares(1.0F, {7}), InputError);
}

/// Scale 2^-12: a stored step is three of the kernel's, of which 24 · 512 make 1.
TEST(Tflite16x8, SigmoidsAreInterpolated) {
  QuantizedTensor in, out;
  in.bits = out.bits = 16;
  in.scale = 0x1p-12F;
  out.scale = 0x1p-15F;
  const std::vector<std::int32_t> logistic = tflite_table({TfliteOp::kLogistic}, in, out, Preset::kTflite16x8);
  EXPECT_EQ(logistic.at(32768), 16384);
  EXPECT_EQ(logistic.at(32768 + 512), 17407);  // 3 · 512 steps: the third end, 34813, halved
  EXPECT_EQ(logistic.at(65535), 32757);
  EXPECT_EQ(logistic.at(0), 11);
  const std::vector<std::int32_t> tanh = tflite_table({TfliteOp::kTanh}, in, out, Preset::kTflite16x8);
  EXPECT_EQ(tanh.at(32768), 0);
  EXPECT_EQ(tanh.at(65535), 32767);
  EXPECT_EQ(tanh.at(1), -tanh.at(65535));
  out.scale = 0x1p-14F;
  EXPECT_THROW(tflite_table({TfliteOp::kTanh}, in, out, Preset::kTflite16x8), InputError);
}

/// 256 tables of 65,536 entries; a file of so many operators has some 30 KiB.
TEST(Tflite16x8, TablesOfManyOperatorsAreCounted) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 8}, kInt16, {0.1F}, {0});
  std::int32_t last = x;
  for (int i = 0; i < 257; ++i) {
    const std::int32_t next = w.tensor("", {1, 8}, kInt16, {0.1F}, {0});
    w.add(test::kLogistic, {last}, {next});
    last = next;
  }
  expect_refused(w.finish({x}, {last}), {"have more than 16777216 entries"});
}

TEST(Tflite16x8, TablesHaveAllIntegers) {
  QuantizedTensor in, out;
  in.bits = out.bits = 16;
  in.scale = out.scale = 0.001F;
  TfliteOperator from = {TfliteOp::kRelu, TfliteActivation::kRelu6};
  const std::vector<std::int32_t> table = tflite_table(from, in, out, Preset::kTflite16x8);
  ASSERT_EQ(table.size(), 65536U);
  EXPECT_EQ(table[0], 0);
  EXPECT_EQ(table[32768 + 5999], 5999);
  EXPECT_EQ(table[65535], 6000);
}

}  // namespace
}  // namespace systoliq::sw_ref
