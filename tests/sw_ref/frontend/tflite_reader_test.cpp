// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite files: what they become, what is refused by name, and that no damage does more than raise an error.
#include "sw_ref/frontend/tflite/tflite_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "tests/sw_ref/frontend/tflite_writer.h"
#include "types/error.h"

namespace systoliq::sw_ref {
namespace {

using test::TfliteWriter;

constexpr auto kInt8 = tflite::TensorType_INT8;
constexpr auto kFloat32 = tflite::TensorType_FLOAT32;

std::vector<std::string> operators_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    if (node.op.find("Linear") == std::string::npos) names.push_back(node.op);
  }
  return names;
}

std::string refusal(const std::string& bytes) {
  try {
    parse_tflite(bytes, "net.tflite");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& bytes, const std::vector<std::string>& parts) {
  const std::string text = refusal(bytes);
  EXPECT_FALSE(text.empty()) << "accepted";
  EXPECT_EQ(text.rfind("net.tflite: ", 0), 0U) << text;
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text;
}

/// One operator without options on an int8 vector.
std::string single(std::int32_t code, const std::vector<std::int32_t>& out_shape = {1, 8}) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t y = w.tensor("y", out_shape, kInt8, {0.1F}, {0});
  w.add(code, {x}, {y});
  return w.finish({x}, {y});
}

TEST(TfliteReader, SmallNetworkBecomesQuantizedOperators) {
  const TfliteNetwork network = parse_tflite(test::small_network(), "net.tflite");
  EXPECT_EQ(operators_of(network.graph),
            (std::vector<std::string>{"Conv", "Clip", "Add", "Reshape", "Gemm", "Softmax"}));
  EXPECT_EQ(network.graph.inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(network.graph.outputs, std::vector<std::string>{"shares"});
  EXPECT_EQ(network.graph.values.at("x").shape, (Shape{1, 2, 4, 4}));
  EXPECT_EQ(network.graph.values.at("x").type, ElementType::kInt8);
  EXPECT_EQ(network.file_shapes.at("x"), (Shape{1, 4, 4, 2}));
  EXPECT_EQ(network.file_shapes.count("shares"), 0U);
  EXPECT_EQ(network.operators.at("CONV_2D_0").activation, TfliteActivation::kRelu6);
  EXPECT_EQ(network.operators.at("SOFTMAX_4").op, TfliteOp::kSoftmax);
}

/// Weights behind a flatten follow the order of the channels: column p * 2 + c becomes c * 16 + p.
TEST(TfliteReader, FlattenPermutesTheWeightsBehindIt) {
  const TfliteNetwork network = parse_tflite(test::small_network(), "net.tflite");
  const Tensor<std::int64_t>& stored = network.graph.values.at("dense:integers").integers;
  ASSERT_EQ(stored.shape, (Shape{3, 32}));
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::int64_t c = 0; c < 2; ++c) {
      for (std::int64_t p = 0; p < 16; ++p) {
        const std::int64_t file = row * 32 + p * 2 + c;
        EXPECT_EQ(stored.data[static_cast<std::size_t>(row * 32 + c * 16 + p)], file * 37 % 251 - 125);
      }
    }
  }
}

TEST(TfliteReader, KnownByItsIdentifier) {
  EXPECT_TRUE(is_tflite(test::small_network()));
  for (const char* bytes : {"", "TFL3", "xxxxTFL2....", "\x08\x07onnx"}) EXPECT_FALSE(is_tflite(bytes)) << bytes;
  expect_refused("no file", {"TFL3"});
}

TEST(TfliteReader, FloatNetworkIsAFloatGraph) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 3}, kFloat32);
  const std::int32_t m = w.tensor("m", {2, 3}, kFloat32, {}, {}, w.buffer(std::vector<float>{1, 2, 3, 4, 5, 6}));
  const std::int32_t y = w.tensor("y", {1, 2}, kFloat32);
  w.add(test::kFullyConnected, {x, m, -1}, {y}, tflite::BuiltinOptions_FullyConnectedOptions,
        tflite::CreateFullyConnectedOptions(w.builder(), tflite::ActivationFunctionType_RELU).Union());
  const TfliteNetwork network = parse_tflite(w.finish({x}, {y}), "net.tflite");
  EXPECT_EQ(operators_of(network.graph), (std::vector<std::string>{"Gemm", "Relu"}));
  EXPECT_EQ(network.graph.nodes.size(), 2U) << "no quantization";
  EXPECT_EQ(network.graph.values.at("m").floats.data[4], 5.0F);
}

TEST(TfliteReader, OperatorsOutsideTheListAreRefusedByName) {
  expect_refused(single(test::kLstm), {"LSTM_0", "LSTM", "CONV_2D"});
  expect_refused(single(test::kGelu), {"GELU"});
  expect_refused(single(999), {"operator 999"});
}

TEST(TfliteReader, OtherIntegersAtRunTimeAreRefusedByName) {
  for (const auto& [type, zero, wrong] : {std::tuple(tflite::TensorType_INT16, 1, "zero point 1; accepted: 0"),
                                          {tflite::TensorType_INT32, 0, "other integers"}}) {
    TfliteWriter w;
    const std::int32_t x = w.tensor("x", {1, 8}, type, {0.1F}, {zero});
    const std::int32_t y = w.tensor("y", {1, 8}, type, {0.1F}, {zero});
    w.add(test::kRelu, {x}, {y});
    expect_refused(w.finish({x}, {y}), {"'x'", wrong, "INT16"});
  }
}

/// The channels of [1, 2, 2, 2] move, although its shape stays.
TEST(TfliteReader, CubesLieOtherwiseThanInTheFile) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 2, 2, 2}, kInt8, {0.1F}, {0});
  const std::int32_t y = w.tensor("y", {1, 2, 2, 2}, kInt8, {0.1F}, {0});
  w.add(test::kRelu, {x}, {y});
  const TfliteNetwork network = parse_tflite(w.finish({x}, {y}), "net.tflite");
  EXPECT_EQ(network.file_shapes.count("x"), 1U);
  EXPECT_EQ(network.file_shapes.count("y"), 1U);
}

TEST(TfliteReader, DynamicRangeIsRefusedByName) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 3}, kFloat32);
  const std::int32_t m = w.tensor("m", {1, 3}, kInt8, {0.1F}, {0}, w.buffer(std::vector<std::int8_t>{1, 2, 3}));
  const std::int32_t y = w.tensor("y", {1, 1}, kFloat32);
  w.add(test::kFullyConnected, {x, m, -1}, {y}, tflite::BuiltinOptions_FullyConnectedOptions,
        tflite::CreateFullyConnectedOptions(w.builder()).Union());
  expect_refused(w.finish({x}, {y}), {"'m'", "dynamic range"});
}

TEST(TfliteReader, ContradictionsAreRefusedByName) {
  expect_refused(single(test::kRelu, {1, 9}), {"'y'", "[1, 9]", "[1, 8]"});
  expect_refused(single(test::kReshape, {3, 3}), {"RESHAPE_0", "[3, 3]"});
  TfliteWriter buffer;
  std::int32_t x = buffer.tensor("x", {1, 8}, kInt8, {0.1F}, {0}, 7);
  buffer.add(test::kRelu, {x}, {x});
  expect_refused(buffer.finish({x}, {x}), {"buffer 7"});
  TfliteWriter scale;
  x = scale.tensor("x", {1, 8}, kInt8, {0.0F}, {0});
  scale.add(test::kRelu, {x}, {scale.tensor("y", {1, 8}, kInt8, {0.1F}, {0})});
  expect_refused(scale.finish({x}, {1}), {"'x'", "scale 0"});
  TfliteWriter zero;
  x = zero.tensor("x", {1, 8}, kInt8, {0.1F}, {INT64_MAX});
  zero.add(test::kQuantize, {x}, {zero.tensor("y", {1, 8}, kInt8, {0.1F}, {0})});
  expect_refused(zero.finish({x}, {1}), {"'x'", "9223372036854775807"});
  TfliteWriter index;
  x = index.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  index.add(test::kRelu, {5}, {index.tensor("y", {1, 8}, kInt8, {0.1F}, {0})});
  expect_refused(index.finish({x}, {1}), {"tensor 5"});
  TfliteWriter cycle;
  x = cycle.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t y = cycle.tensor("y", {1, 8}, kInt8, {0.1F}, {0});
  cycle.add(test::kRelu, {y}, {y});
  expect_refused(cycle.finish({x}, {y}), {"'y'", "before it is computed"});
  TfliteWriter version;
  x = version.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  version.add(test::kRelu, {x}, {version.tensor("y", {1, 8}, kInt8, {0.1F}, {0})});
  expect_refused(version.finish({x}, {1}, 4), {"schema version 4"});
}

/// Names may be missing or repeated.
TEST(TfliteReader, NamesBecomeUnique) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("same", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t y = w.tensor("same", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t z = w.tensor("", {1, 8}, kInt8, {0.1F}, {0});
  w.add(test::kRelu, {x}, {y});
  w.add(test::kRelu, {y}, {z});
  const TfliteNetwork network = parse_tflite(w.finish({x}, {z}), "net.tflite");
  EXPECT_EQ(network.graph.inputs[0].substr(0, 4), "same");
  EXPECT_EQ(network.graph.outputs[0], ":2");
}

TEST(TfliteReader, OperatorsThatNoOutputNeedsAreLeftOut) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t y = w.tensor("y", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t dead = w.tensor("dead", {1, 8}, kInt8, {0.1F}, {0});
  w.add(test::kLstm, {x}, {dead});
  w.add(test::kRelu, {x}, {y});
  EXPECT_EQ(operators_of(parse_tflite(w.finish({x}, {y}), "net.tflite").graph), std::vector<std::string>{"Relu"});
}

/// Converters compute the shape of a RESHAPE at run time, though the output's says it.
TEST(TfliteReader, ShapeOfAReshapeIsNotComputed) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 8}, kInt8, {0.1F}, {0});
  const std::int32_t shape = w.tensor("shape", {2}, tflite::TensorType_INT32);
  const std::int32_t y = w.tensor("y", {1, 2, 4}, kInt8, {0.1F}, {0});
  const std::int32_t z = w.tensor("z", {1, 2, 4}, kInt8, {0.1F}, {0});
  w.add(test::kShape, {x}, {shape});
  w.add(test::kReshape, {x, shape}, {y});
  w.add(test::kRelu, {y}, {z});
  EXPECT_NO_THROW(parse_tflite(w.finish({x}, {z}), "net.tflite"));
}

/// A QUANTIZE between INT8 and UINT8 moves nothing: the tensor before it is made as the one behind.
/// SHAPE of x, a part of it, PACK with `size` at `place`, and a transposed convolution to that shape; `size` may be
/// computed at run time.
std::string computed_shape(std::int32_t from, bool at_run_time = false) {
  const auto int32 = tflite::TensorType_INT32;
  TfliteWriter w;
  const auto number = [&](const char* name, std::int32_t value, const std::vector<std::int32_t>& shape) {
    return w.tensor(name, shape, int32, {}, {}, w.buffer(std::vector<std::int32_t>{value}));
  };
  const std::int32_t x = w.tensor("x", {1, 2, 3, 2}, kFloat32);
  const std::int32_t filter =
      w.tensor("filter", {4, 2, 2, 2}, kFloat32, {}, {}, w.buffer(std::vector<float>(32, 0.5F)));
  const std::int32_t shape = w.tensor("shape", {4}, int32), batch = w.tensor("batch", {}, int32);
  const std::int32_t wanted = w.tensor("wanted", {4}, int32), y = w.tensor("y", {1, 4, 6, 4}, kFloat32);
  const std::int32_t begin = number("begin", from, {1}), end = number("end", from + 1, {1}),
                     one = number("one", 1, {1});
  const std::int32_t height = at_run_time ? w.tensor("height", {}, int32) : number("height", 4, {});
  w.add(test::kShape, {x}, {shape});
  w.add(test::kStridedSlice, {shape, begin, end, one}, {batch}, tflite::BuiltinOptions_StridedSliceOptions,
        tflite::CreateStridedSliceOptions(w.builder(), 0, 0, 0, 0, 1).Union());
  w.add(test::kPack, {batch, height, number("width", 6, {}), number("channels", 4, {})}, {wanted});
  w.add(test::kTransposeConv, {wanted, filter, x}, {y}, tflite::BuiltinOptions_TransposeConvOptions,
        tflite::CreateTransposeConvOptions(w.builder(), tflite::Padding_VALID, 2, 2).Union());
  return w.finish({x}, {y});
}

TEST(TfliteReader, ShapesAreFolded) {
  const TfliteNetwork network = parse_tflite(computed_shape(0), "net.tflite");
  EXPECT_EQ(operators_of(network.graph), std::vector<std::string>{"ConvTranspose"});
  EXPECT_EQ(network.graph.values.at("y").shape, (Shape{1, 4, 4, 6}));
}

TEST(TfliteReader, OtherShapesAreRefusedByName) {
  expect_refused(computed_shape(1), {"TRANSPOSE_CONV_3", "another shape than its operand says"});
  expect_refused(computed_shape(4), {"STRIDED_SLICE_1", "places 4 to 5 of 4"});
  expect_refused(computed_shape(0, true), {"PACK_2", "'height', which is known at run time only"});
}

TEST(TfliteReader, ChangeOfTypeAloneVanishes) {
  TfliteWriter w;
  const auto uint8 = tflite::TensorType_UINT8;
  const std::int32_t in = w.tensor("in", {1, 8}, uint8, {0.1F}, {130});
  const std::int32_t x = w.tensor("x", {1, 8}, kInt8, {0.1F}, {2});
  const std::int32_t y = w.tensor("y", {1, 8}, kInt8, {0.2F}, {-5});
  const std::int32_t out = w.tensor("out", {1, 8}, uint8, {0.2F}, {123});
  w.add(test::kQuantize, {in}, {x});
  w.add(test::kRelu, {x}, {y});
  w.add(test::kQuantize, {y}, {out});
  const TfliteNetwork network = parse_tflite(w.finish({in}, {out}), "net.tflite");
  EXPECT_EQ(operators_of(network.graph), std::vector<std::string>{"Relu"});
  EXPECT_EQ(network.graph.values.at("out").type, ElementType::kUint8);
  EXPECT_FALSE(network.operators.at("RELU_1").is_unsigned);
}

/// Exporters of other frameworks turn inputs and outputs, whose channels are first: nothing moves in the graph.
TEST(TfliteReader, TransposesAtTheBordersVanish) {
  TfliteWriter w;
  const auto order = [&w](const std::vector<std::int32_t>& axes) {
    return w.tensor("", {4}, tflite::TensorType_INT32, {}, {}, w.buffer(axes));
  };
  const std::int32_t in = w.tensor("in", {1, 3, 4, 5}, kFloat32);
  const std::int32_t x = w.tensor("x", {1, 3, 4, 5}, kInt8, {0.1F}, {2});
  const std::int32_t last = w.tensor("last", {1, 4, 5, 3}, kInt8, {0.1F}, {2});
  const std::int32_t y = w.tensor("y", {1, 4, 5, 3}, kInt8, {0.2F}, {-5});
  const std::int32_t out = w.tensor("out", {1, 3, 4, 5}, kInt8, {0.2F}, {-5});
  w.add(test::kQuantize, {in}, {x});
  w.add(test::kTranspose, {x, order({0, 2, 3, 1})}, {last});
  w.add(test::kRelu, {last}, {y});
  w.add(test::kTranspose, {y, order({0, 3, 1, 2})}, {out});
  const TfliteNetwork network = parse_tflite(w.finish({in}, {out}), "net.tflite");
  EXPECT_EQ(operators_of(network.graph), (std::vector<std::string>{"Identity", "Identity", "Relu", "Identity"}));
  EXPECT_TRUE(network.file_shapes.empty());
  EXPECT_EQ(network.graph.values.at("in").shape, (Shape{1, 3, 4, 5}));
  EXPECT_EQ(network.graph.values.at("out").shape, (Shape{1, 3, 4, 5}));
}

/// Many tensors may share a buffer, but not without end: a file of a megabyte would become gigabytes.
TEST(TfliteReader, SharedBuffersAreBounded) {
  TfliteWriter w;
  constexpr std::int32_t kFeatures = 1 << 14;
  const std::uint32_t shared = w.buffer(std::vector<std::int8_t>(std::size_t{kFeatures} * 32, 1));
  std::int32_t x = w.tensor("x", {1, kFeatures}, kInt8, {0.1F}, {0});
  const std::int32_t first = x;
  for (int layer = 0; layer < 200; ++layer) {
    const std::int32_t m = w.tensor("", {32, kFeatures}, kInt8, {0.1F}, {0}, shared);
    const std::int32_t y = w.tensor("", {1, 32}, kInt8, {0.1F}, {0});
    w.add(test::kFullyConnected, {first, m, -1}, {y}, tflite::BuiltinOptions_FullyConnectedOptions,
          tflite::CreateFullyConnectedOptions(w.builder()).Union());
    const std::int32_t sum = w.tensor("", {1, 32}, kInt8, {0.1F}, {0});
    if (layer == 0) {
      x = y;
      continue;
    }
    w.add(test::kAdd, {x, y}, {sum}, tflite::BuiltinOptions_AddOptions, tflite::CreateAddOptions(w.builder()).Union());
    x = sum;
  }
  expect_refused(w.finish({first}, {x}), {"parts a few times"});
}

TEST(TfliteReader, HugeShapesAreRefusedBeforeTheyAreMade) {
  TfliteWriter w;
  const std::int32_t x = w.tensor("x", {1, 1 << 30, 1 << 30, 1 << 30}, kInt8, {0.1F}, {0});
  w.add(test::kRelu, {x}, {w.tensor("y", {1, 8}, kInt8, {0.1F}, {0})});
  expect_refused(w.finish({x}, {1}), {"2^40"});
}

/// A network or an error: what the damage tests accept.
void read(const std::string& bytes, int* networks) {
  try {
    parse_tflite(bytes, "damaged");
    ++*networks;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()), "");
  }
}

TEST(TfliteReader, TruncatedAtEveryByte) {
  const std::string whole = test::small_network();
  int networks = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    read(whole.substr(0, size), &networks);
  }
  EXPECT_LT(networks, 16) << "most of the file is needed";
}

TEST(TfliteReader, RandomBytesFlipped) {
  const std::string whole = test::small_network();
  std::mt19937 generator(1);
  int networks = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::string damaged = whole;
    const int flips = 1 + static_cast<int>(generator() % 4);
    for (int i = 0; i < flips; ++i) {
      damaged[generator() % damaged.size()] = static_cast<char>(trial % 2 == 0 ? generator() : 255 * (generator() % 2));
    }
    read(damaged, &networks);
  }
  EXPECT_GT(networks, 100) << "flipped weights leave a network";
  EXPECT_LT(networks, 3900);
}

}  // namespace
}  // namespace systoliq::sw_ref
