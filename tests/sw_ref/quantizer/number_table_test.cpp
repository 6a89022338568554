// SPDX-License-Identifier: Apache-2.0
// Sums and products with one number in TensorFlow Lite files, by the kernels' roundings.
#include "sw_ref/quantizer/tflite/number_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "tests/sw_ref/frontend/tflite_writer.h"

namespace systoliq::sw_ref {
namespace {

QuantizedTensor of_scale(float scale, std::int32_t zero_point = 0) {
  QuantizedTensor tensor;
  tensor.scale = scale;
  tensor.zero_point = zero_point;
  return tensor;
}

TfliteOperator with_number(TfliteOp op, float scale, std::int32_t centered, bool is_first = false) {
  TfliteOperator from;
  from.op = op;
  from.number = TfliteNumber{scale, centered, is_first};
  return from;
}

/// x / 2: halves away from zero by two roundings, up by one, and to even as ONNX has them.
TEST(NumberTable, ProductsRoundAsThePreset) {
  const TfliteOperator half = with_number(TfliteOp::kProduct, 0.5F, 2);
  const auto entry = [&](Preset preset, std::int32_t x) {
    return number_table(half, of_scale(0.5F), of_scale(1.0F), preset).at(static_cast<std::size_t>(x + 128));
  };
  EXPECT_EQ(entry(Preset::kTfliteRef, 1), 1);
  EXPECT_EQ(entry(Preset::kTfliteRef, -1), -1);
  EXPECT_EQ(entry(Preset::kTfliteSingle, 1), 1);
  EXPECT_EQ(entry(Preset::kTfliteSingle, -1), 0);
  EXPECT_EQ(entry(Preset::kXnnFp32, 1), 0);
  EXPECT_EQ(entry(Preset::kXnnFp32, 3), 2);
}

TEST(NumberTable, DifferencesKeepTheirOrder) {
  const QuantizedTensor x = of_scale(0.5F, 3), y = of_scale(0.5F, -4);
  for (const Preset preset : {Preset::kTfliteRef, Preset::kXnnFp32}) {
    const auto at = [&](const TfliteOperator& from) { return number_table(from, x, y, preset).at(128 + 23); };
    EXPECT_EQ(at(with_number(TfliteOp::kSum, 0.5F, 7)), 20 + 7 - 4);
    EXPECT_EQ(at(with_number(TfliteOp::kDifference, 0.5F, 7)), 20 - 7 - 4);
    EXPECT_EQ(at(with_number(TfliteOp::kDifference, 0.5F, 7, true)), 7 - 20 - 4);
    EXPECT_EQ(at(with_number(TfliteOp::kSum, 0.5F, 125)), 127);
  }
}

/// The layer of a file takes that table, and its constant's own zero point.
TEST(NumberTable, IsThatOfTheLayer) {
  test::TfliteWriter w;
  const auto kInt8 = tflite::TensorType_INT8;
  const std::int32_t x = w.tensor("x", {1, 2, 2, 1}, kInt8, {0.5F}, {0});
  const std::int32_t c = w.tensor("c", {1}, kInt8, {0.5F}, {5}, w.buffer(std::vector<std::int8_t>{7}));
  const std::int32_t y = w.tensor("y", {1, 2, 2, 1}, kInt8, {1.0F}, {0});
  w.add(18, {x, c}, {y}, tflite::BuiltinOptions_MulOptions, tflite::CreateMulOptions(w.builder()).Union());
  const QuantizedNetwork network = read_quantized(parse_tflite(w.finish({x}, {y}), "net.tflite"), Preset::kTfliteRef);
  const QuantizedLayer& layer = network.layers.at(0);
  ASSERT_EQ(layer.op, LayerOp::kLookup);
  EXPECT_EQ(layer.lookup.at(128 + 1), 1);
  EXPECT_EQ(layer.lookup.at(128 - 1), -1);
  EXPECT_EQ(layer.lookup,
            number_table(with_number(TfliteOp::kProduct, 0.5F, 2), of_scale(0.5F), of_scale(1.0F), Preset::kTfliteRef));
}

}  // namespace
}  // namespace systoliq::sw_ref
