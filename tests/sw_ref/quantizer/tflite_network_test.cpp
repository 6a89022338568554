// SPDX-License-Identifier: Apache-2.0
// Integers of TensorFlow Lite files: layers, tables, ranges and factors by the kernels' rules, worked out by hand where
// no file says them; and a recorded network, whose layers and outputs equal those of three runtimes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "sw_ref/quantizer/tflite/fixed_point.h"
#include "sw_ref/quantizer/tflite/read_tflite_network.h"
#include "sw_ref/quantizer/tflite/tflite_softmax.h"
#include "sw_ref/quantizer/tflite/tflite_tables.h"
#include "sw_ref/reference/reference.h"
#include "tests/sw_ref/frontend/tflite_writer.h"
#include "tests/sw_ref/reference/tflite_file.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using test::TfliteWriter;

QuantizedNetwork network_of(const std::string& bytes, Preset preset) {
  return read_quantized(parse_tflite(bytes, "net.tflite"), preset);
}

QuantizedTensor stored(float scale, std::int32_t zero_point, std::int32_t offset = 0) {
  QuantizedTensor tensor;
  tensor.scale = scale;
  tensor.zero_point = zero_point;
  tensor.storage_offset = offset;
  return tensor;
}

/// One operator of an image [1, 2, 3, 4], of one integer type.
std::string on_image(std::int32_t code, tflite::TensorType type, const std::vector<std::int32_t>& out_shape,
                     std::pair<float, std::int64_t> out, tflite::BuiltinOptions options_type,
                     flatbuffers::Offset<void> (*options)(flatbuffers::FlatBufferBuilder&),
                     const std::vector<std::int32_t>& axes = {}) {
  TfliteWriter w;
  const std::int64_t zero = type == tflite::TensorType_UINT8 ? 128 : 0;
  std::vector<std::int32_t> inputs = {w.tensor("x", {1, 2, 3, 4}, type, {0.5F}, {zero + 3})};
  if (!axes.empty()) {
    const auto count = static_cast<std::int32_t>(axes.size());
    inputs.push_back(w.tensor("axes", {count}, tflite::TensorType_INT32, {}, {}, w.buffer(axes)));
  }
  const std::int32_t y = w.tensor("y", out_shape, type, {out.first}, {zero + out.second});
  w.add(code, inputs, {y}, options_type, options(w.builder()));
  return w.finish({inputs[0]}, {y});
}

flatbuffers::Offset<void> pool_options(flatbuffers::FlatBufferBuilder& builder) {
  return tflite::CreatePool2DOptions(builder, tflite::Padding_VALID, 1, 1, 2, 2).Union();
}
flatbuffers::Offset<void> mean_options(flatbuffers::FlatBufferBuilder& builder) {
  return tflite::CreateReducerOptions(builder, true).Union();
}

TEST(TfliteNetwork, SmallNetworkHasLayersWithTheRightEnds) {
  const QuantizedNetwork network = network_of(test::small_network(), Preset::kTfliteRef);
  ASSERT_EQ(network.layers.size(), 3U);
  const QuantizedLayer& conv = network.layers[0];
  EXPECT_EQ(conv.name, "CONV_2D_0");
  EXPECT_EQ(conv.clamp_min, -128);
  EXPECT_EQ(conv.clamp_max, -128 + 150);  // 6 / 0.04
  EXPECT_EQ(conv.bias, (std::vector<std::int64_t>{100, -50}));
  EXPECT_EQ(network.layers[1].op, LayerOp::kAdd);
  EXPECT_TRUE(network.layers[2].fully_connected);
  EXPECT_TRUE(network.host_parts.empty());
  ASSERT_TRUE(network.host_softmax.has_value());
  EXPECT_EQ(network.host_softmax->output.name, "shares");
  EXPECT_NO_THROW(float_twin(parse_tflite(test::small_network(), "net.tflite").graph));
}

/// uint8: (1 + 2) / 2 of stored -127 and -126 rounds up to -126; int8's half away would give -127.
TEST(TfliteNetwork, AverageOfUnsignedIntegersRoundsUp) {
  for (const bool is_unsigned : {false, true}) {
    const auto type = is_unsigned ? tflite::TensorType_UINT8 : tflite::TensorType_INT8;
    const QuantizedNetwork network = network_of(on_image(test::kAveragePool2d, type, {1, 1, 2, 4}, {0.5F, 3},
                                                         tflite::BuiltinOptions_Pool2DOptions, pool_options),
                                                Preset::kTfliteRef);
    IntTensor image({1, 4, 2, 3}, -127);
    for (std::size_t i = 0; i < image.data.size(); i += 2) image.data[i] = -126;  // two of every window
    const ReferenceResult result = run_reference(network, {{network.inputs[0], image}}, {});
    EXPECT_EQ(nth(result.tensors, network.outputs[0]).data[0], is_unsigned ? -126 : -127);
  }
}

TEST(TfliteNetwork, ConvolutionOfUnsignedIntegersMultipliesScalesInFloat) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 2, 2, 1}, tflite::TensorType_UINT8, {0.1F}, {7});
  const std::int32_t f =
      w.tensor("f", {1, 1, 1, 1}, tflite::TensorType_UINT8, {0.01F}, {5}, w.buffer(std::vector<std::uint8_t>{200}));
  const std::int32_t y = w.tensor("y", {1, 2, 2, 1}, tflite::TensorType_UINT8, {0.3F}, {9});
  w.add(test::kConv2d, {x, f, -1}, {y}, tflite::BuiltinOptions_Conv2DOptions,
        tflite::CreateConv2DOptions(w.builder(), tflite::Padding_VALID, 1, 1).Union());
  const QuantizedNetwork network = network_of(w.finish({x}, {y}), Preset::kTfliteRef);
  EXPECT_TRUE(network.layers.at(0).float_product);
  EXPECT_EQ(network.layers.at(0).weight_zero_point, 5 - 128);
  EXPECT_EQ(network.tensors[0].zero_point, 7 - 128);
}

/// Six pixels: the multiplier of 0.5 / 0.25 = 2 is 2^30 with exponent 2; 2^30 * 4 / 6 = 715827882.67, rounded down.
TEST(TfliteNetwork, MeanIsASumTimesAFactorOfItsOwn) {
  const std::string bytes = on_image(test::kMean, tflite::TensorType_INT8, {1, 1, 1, 4}, {0.25F, -4},
                                     tflite::BuiltinOptions_ReducerOptions, mean_options, {1, 2});
  const QuantizedNetwork network = network_of(bytes, Preset::kTfliteRef);
  const QuantizedLayer& layer = network.layers.at(0);
  EXPECT_EQ(layer.op, LayerOp::kConvolution);
  EXPECT_EQ(layer.groups, 4);
  ASSERT_TRUE(layer.factor.has_value());
  EXPECT_EQ(layer.factor->multiplier, 715827882);
  EXPECT_EQ(layer.factor->exponent, 2 - 2 - 31);
  IntTensor image({1, 4, 2, 3}, 10);
  const ReferenceResult result = run_reference(network, {{network.inputs[0], image}}, {});
  EXPECT_EQ(nth(result.tensors, network.outputs[0]).data[0], 2 * (10 - 3) - 4);
  EXPECT_THROW(network_of(bytes, Preset::kOrtMlas), InputError);
  EXPECT_THROW(to_onnx_qdq(network), InputError) << "the factor would be lost";
}

/// Damage that the reader cannot see gives a network whose reference runs, or an error.
TEST(TfliteNetwork, RandomBytesFlipped) {
  const std::string whole = test::small_network();
  std::mt19937 generator(2);
  int networks = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = whole;
    damaged[generator() % damaged.size()] = static_cast<char>(generator());
    try {
      const TfliteNetwork file = parse_tflite(damaged, "damaged");
      const QuantizedNetwork network = read_quantized(file, trial % 2 == 0 ? Preset::kTfliteRef : Preset::kXnnFp32);
      float_twin(file.graph);
      const IntTensor image(nth(network.tensors, network.inputs[0]).shape, 1);
      run_reference(network, {{network.inputs[0], image}}, {});
      ++networks;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_GT(networks, 200);
  EXPECT_LT(networks, 1999);
}

TEST(TfliteTables, ActivationRangesRoundAsTheRuntimes) {
  struct Row {
    TfliteActivation activation;
    float scale;
    std::int32_t zero_point;
    Preset preset;
    std::int32_t low, high;
  };
  const auto six = TfliteActivation::kRelu6;
  const auto one = TfliteActivation::kReluN1To1;
  for (const Row& row : {Row{six, 0.05F, -128, Preset::kTfliteRef, -128, -8},
                         {six, 2.4F, 0, Preset::kTfliteRef, 0, 3},
                         {six, 4.0F, 0, Preset::kTfliteRef, 0, 2},
                         {six, 2.4F, 4, Preset::kXnnFp32, 4, 6},
                         {six, 2.4F, 3, Preset::kXnnFp32, 3, 6},
                         {one, 2.0F, 4, Preset::kTfliteRef, 3, 5},
                         {one, 2.0F, 4, Preset::kXnnFp32, 4, 4},
                         {one, 2.0F, 3, Preset::kXnnFp32, 2, 4},
                         {TfliteActivation::kRelu, 1.0F, -140, Preset::kTfliteRef, -128, 127},
                         {TfliteActivation::kNone, 1.0F, 0, Preset::kTfliteRef, -128, 127}}) {
    std::int32_t low = 0;
    std::int32_t high = 0;
    set_activation_range(row.activation, stored(row.scale, row.zero_point), row.preset, &low, &high);
    EXPECT_EQ(low, row.low) << row.scale << " " << row.zero_point;
    EXPECT_EQ(high, row.high) << row.scale << " " << row.zero_point;
  }
}

/// The integers of known inputs: docs/numerics.md.
TEST(TfliteTables, EntriesByHand) {
  TfliteOperator from;
  from.op = TfliteOp::kLogistic;
  std::vector<std::int32_t> table =
      tflite_table(from, stored(0.0561574996F, -78), stored(1.0F / 256.0F, -128), Preset::kTfliteRef);
  EXPECT_EQ(table.size(), 256U);
  EXPECT_EQ(table[static_cast<std::size_t>(-78 + 128)], 0);    // sigmoid(0) = 1/2
  EXPECT_EQ(table[static_cast<std::size_t>(-10 + 128)], 123);  // 0.9785 * 256 = 250.5, half away
  from.op = TfliteOp::kLeakyRelu;
  from.alpha = 0.5F;
  table = tflite_table(from, stored(0.5F, 0), stored(0.5F, 1), Preset::kTfliteRef);
  EXPECT_EQ(table[static_cast<std::size_t>(20 + 128)], 21);
  EXPECT_EQ(table[static_cast<std::size_t>(-3 + 128)], 0);  // -1.5 rounds up to -1; + 1
  table = tflite_table(from, stored(0.5F, 0), stored(0.5F, 1), Preset::kXnnFp32);
  EXPECT_EQ(table[static_cast<std::size_t>(-3 + 128)], 0);  // (-3 * 128 + 128) >> 8 = -1, + 1
  from.op = TfliteOp::kHardSwish;
  table = tflite_table(from, stored(0.1F, 0), stored(0.1F, 0), Preset::kTfliteRef);
  EXPECT_EQ(table[static_cast<std::size_t>(100 + 128)], 100);
  EXPECT_EQ(table[static_cast<std::size_t>(-100 + 128)], 0);
  EXPECT_EQ(table[static_cast<std::size_t>(10 + 128)], 7);  // 1 * 4 / 6 = 0.667
}

TEST(TfliteSoftmax, RowByHand) {
  HostSoftmax softmax;
  softmax.output = stored(1.0F / 256.0F, -128);
  const IntTensor logits({1, 3, 1, 1}, std::vector<std::int32_t>{10, 0, -10});
  for (const Preset preset : {Preset::kTfliteRef, Preset::kXnnFp32}) {
    EXPECT_EQ(tflite_softmax(softmax, stored(0.1F, 0), preset, logits).data,
              (std::vector<std::int32_t>{42, -65, -105}));
  }
  softmax.output.scale = 0.5F;
  EXPECT_THROW(tflite_softmax(softmax, stored(0.1F, 0), Preset::kTfliteRef, logits), InputError);
}

TEST(FixedPoint, ExponentialAndReciprocalAreClose) {
  constexpr double kUnit = 2147483648.0;
  for (const double a : {-0.01, -0.2, -0.25, -0.9, -3.3, -15.0}) {
    const auto raw = static_cast<std::int32_t>(a * (1 << 26));
    EXPECT_NEAR(fixed::exp_of_negative(raw, 5) / kUnit, std::exp(raw / static_cast<double>(1 << 26)), 3e-7) << a;
  }
  EXPECT_EQ(fixed::exp_of_negative(0, 5), INT32_MAX);
  for (const double x : {0.0, 0.1, 0.5, 0.999}) {
    EXPECT_NEAR(fixed::one_over_one_plus(static_cast<std::int32_t>(x * kUnit)) / kUnit, 1.0 / (1.0 + x), 1e-8) << x;
  }
}

TEST(HostRounding, EachRuntimeHasItsOwn) {
  QuantizedTensor tensor = stored(0.5F, 0);
  EXPECT_EQ(to_stored(1.25F, tensor), 2);  // 2.5
  tensor.host_rounding = HostRounding::kQuotientAway;
  EXPECT_EQ(to_stored(1.25F, tensor), 3);
  EXPECT_EQ(to_stored(-1.25F, tensor), -3);
  EXPECT_EQ(to_stored(1e9F, tensor), 127);
  tensor = stored(0.00214854861F, 0);
  const float value = 0.273939937F;  // the quotient lies below 127.5, the product with the reciprocal above
  EXPECT_EQ(to_stored(value, tensor), 127);
  tensor.host_rounding = HostRounding::kReciprocalEven;
  tensor.zero_point = -100;
  EXPECT_EQ(to_stored(value, tensor), 28);
}

std::string recorded() {
  const char* chosen = std::getenv("SYSTOLIQ_DATA");
  const std::string data = chosen != nullptr ? chosen : std::string(SYSTOLIQ_SOURCE_DIR) + "/../shared/data";
  return data + "/golden/tflite/kws_dscnn_int8/";
}

/// What three runtimes computed of MLPerf Tiny's keyword spotting.
class RecordedNetwork : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(recorded() + "model.tflite")) {
      GTEST_SKIP() << "no recorded runs at " << recorded() << "; set SYSTOLIQ_DATA to the folder that holds golden/";
    }
  }

  static QuantizedNetwork network(Preset preset) {
    return read_quantized(read_tflite(recorded() + "model.tflite"), preset);
  }

  /// Integers that differ from `file`, in outputs of all images of `inputs`.
  static int differing_outputs(const std::string& inputs, const std::string& file, Preset preset) {
    const QuantizedNetwork net = network(preset);
    const std::vector<std::int8_t> images = golden::npy_int8(golden::read_bytes(recorded() + inputs));
    const std::vector<std::int8_t> expected = golden::npy_int8(golden::read_bytes(recorded() + file));
    const Shape& shape = nth(net.tensors, net.inputs[0]).shape;  // one channel: the same order in both layouts
    const auto size = static_cast<std::size_t>(element_count(shape));
    EXPECT_EQ(expected.size() * size, images.size() * 12);
    int differing = 0;
    for (std::size_t image = 0; image * size < images.size(); ++image) {
      const auto first = images.begin() + static_cast<std::ptrdiff_t>(image * size);
      const IntTensor input(shape, std::vector<std::int32_t>(first, first + static_cast<std::ptrdiff_t>(size)));
      const ReferenceResult result = run_reference(net, {{net.inputs[0], input}}, {});
      const int output = net.outputs[0];
      const IntTensor shares =
          tflite_softmax(net.host_softmax.value(), nth(net.tensors, output), preset, nth(result.tensors, output));
      for (std::size_t i = 0; i < 12; ++i) differing += shares.data[i] != expected[image * 12 + i] ? 1 : 0;
    }
    return differing;
  }

  /// Integers that differ in all layers of one image, each behind those before it.
  static int differing_layers(const std::string& recording, Preset preset, int* elements) {
    const QuantizedNetwork net = network(preset);
    const golden::TfliteModel model = golden::read_tflite(golden::read_bytes(recorded() + "model.tflite"));
    const auto tensors = golden::npz_int8(golden::read_bytes(recorded() + "layers_real0/" + recording));
    const std::vector<std::int8_t> image = golden::npy_int8(golden::read_bytes(recorded() + "real_in.npy"));
    const IntTensor input(nth(net.tensors, net.inputs[0]).shape, std::vector<std::int32_t>(image.begin(), image.end()));
    const ReferenceResult result = run_reference(net, {{net.inputs[0], input}}, {});
    int differing = 0;
    for (const QuantizedLayer& layer : net.layers) {
      const auto place = static_cast<std::size_t>(std::stoi(layer.name.substr(layer.name.rfind('_') + 1)));
      const std::vector<std::int8_t>& expected = tensors.at("t" + std::to_string(model.operators.at(place).outputs[0]));
      const IntTensor& found = nth(result.tensors, layer.output);
      const std::int64_t pixels = found.shape[2] * found.shape[3];
      for (std::int64_t c = 0; c < found.shape[1]; ++c) {
        for (std::int64_t p = 0; p < pixels; ++p) {
          differing += nth(found.data, c * pixels + p) != nth(expected, p * found.shape[1] + c) ? 1 : 0;
        }
      }
      *elements += static_cast<int>(found.data.size());
    }
    return differing;
  }
};

TEST_F(RecordedNetwork, OutputsEqualThoseOfThreeRuntimes) {
  const std::pair<const char*, Preset> runtimes[] = {
      {"tflm_ref", Preset::kTfliteRef}, {"tflm_single", Preset::kTfliteSingle}, {"litert_xnnpack", Preset::kXnnFp32}};
  for (const auto& [name, preset] : runtimes) {
    EXPECT_EQ(differing_outputs("real_in.npy", std::string("real_out_") + name + ".npy", preset), 0) << name;
    EXPECT_EQ(differing_outputs("rand_in.npy", std::string("rand_out_") + name + ".npy", preset), 0) << name;
  }
}

TEST_F(RecordedNetwork, LayersEqualThoseOfTwoRuntimes) {
  for (const auto& [name, preset] :
       {std::pair("tflm_ref.npz", Preset::kTfliteRef), {"litert_xnnpack.npz", Preset::kXnnFp32}}) {
    int elements = 0;
    EXPECT_EQ(differing_layers(name, preset, &elements), 0) << name;
    EXPECT_EQ(elements, 9 * 8000 + 64 + 12) << name;
  }
  int elements = 0;
  EXPECT_GT(differing_layers("tflm_ref.npz", Preset::kXnnFp32, &elements), 0) << "presets cannot be told apart";
}

}  // namespace
}  // namespace systoliq::sw_ref
