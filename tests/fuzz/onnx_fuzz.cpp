// SPDX-License-Identifier: Apache-2.0
// The ONNX reader with all that `systoliq info` does of a network: decoding, shapes, folding, fusion, quantized forms.
#include <cstddef>
#include <cstdint>

#include "onnx/onnx_pb.h"
#include "sw_ref/frontend/graph/operator_rules.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/fusion/is_quantized.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/target.h"
#include "tests/sw_ref/frontend/import_test_support.h"
#include "types/error.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace systoliq::fuzz {
namespace {

using test::floats;
using test::input;
using test::int64s;
using test::int8s;
using test::int_attribute;
using test::ints_attribute;
using test::node;

/// Published networks fill their weights by ConstantOfShape, so that small files may ask for much. Here they may not.
constexpr std::int64_t kMostConstantBytes = std::int64_t{1} << 25;

std::string whole(const std::string& nodes, const std::vector<std::string>& shape, std::int64_t opset = 13) {
  return test::model(nodes + input("x", shape) + test::bytes(12, test::bytes(1, "y")), opset, 8);
}

std::string parameters(const std::string& name, float scale, std::int8_t zero) {
  return floats(name + ".s", {}, {scale}) + int8s(name + ".z", {}, {zero});
}

std::string quantized(const std::string& from, const std::string& name) {
  return node("QuantizeLinear", {from, name + ".s", name + ".z"}, name + ".q") +
         node("DequantizeLinear", {name + ".q", name + ".s", name + ".z"}, name);
}

std::string float_network() {
  return whole(
      node("Conv", {"x", "w", "b"}, "c", ints_attribute("pads", {1, 1, 1, 1}) + int_attribute("group", 1)) +
          floats("w", {4, 3, 3, 3}, std::vector<float>(108, 0.5F)) + floats("b", {4}, {1, 2, 3, 4}) +
          node("BatchNormalization", {"c", "b", "b", "b", "b"}, "n") + node("Relu", {"n"}, "r") +
          node("MaxPool", {"r"}, "p", ints_attribute("kernel_shape", {2, 2}) + ints_attribute("strides", {2, 2})) +
          node("Sigmoid", {"p"}, "g") + node("Mul", {"p", "g"}, "s") + node("Add", {"s", "p"}, "a") +
          node("GlobalAveragePool", {"a"}, "v") + node("Flatten", {"v"}, "f", int_attribute("axis", 1)) +
          node("Gemm", {"f", "m"}, "l", int_attribute("transB", 1)) + floats("m", {2, 4}, std::vector<float>(8, 1)) +
          node("Softmax", {"l"}, "y", int_attribute("axis", 1)),
      {"1", "3", "8", "8"});
}

std::string shape_arithmetic() {
  return whole(node("Shape", {"x"}, "s") + node("Gather", {"s", "i"}, "n") + int64s("i", {0}) + int64s("m", {-1}) +
                   node("Concat", {"n", "m"}, "t", int_attribute("axis", 0)) + node("Reshape", {"x", "t"}, "f") +
                   node("ConstantOfShape", {"t2"}, "o") + int64s("t2", {1, 48}) + node("Expand", {"o", "t2"}, "e") +
                   node("Tile", {"e", "r"}, "d") + int64s("r", {1, 1}) + node("Add", {"f", "d"}, "a") +
                   node("Range", {"z", "k", "d1"}, "g") + node("Squeeze", {"i"}, "z") + node("Add", {"z", "i2"}, "k") +
                   test::bytes(5, test::tensor("i2", test::kInt64, {}, std::string("\4\0\0\0\0\0\0\0", 8))) +
                   test::bytes(5, test::tensor("d1", test::kInt64, {}, std::string("\1\0\0\0\0\0\0\0", 8))) +
                   node("Gather", {"a", "g"}, "y", int_attribute("axis", 1)),
               {"1", "3", "4", "4"});
}

std::string movements() {
  return whole(node("Pad", {"x", "p"}, "a", test::string_attribute("mode", "reflect")) +
                   int64s("p", {0, 0, 1, 1, 0, 0, 1, 1}) + node("Slice", {"a", "st", "en", "ax", "sp"}, "b") +
                   int64s("st", {0}) + int64s("en", {100}) + int64s("ax", {2}) + int64s("sp", {2}) +
                   node("Transpose", {"b"}, "c", ints_attribute("perm", {0, 2, 3, 1})) +
                   node("Transpose", {"c"}, "d", ints_attribute("perm", {0, 3, 1, 2})) +
                   node("Resize", {"d", "", "sc"}, "e", test::string_attribute("mode", "nearest")) +
                   floats("sc", {4}, {1, 1, 2, 2}) + node("DepthToSpace", {"e"}, "f", int_attribute("blocksize", 2)) +
                   node("SpaceToDepth", {"f"}, "g", int_attribute("blocksize", 2)) +
                   node("Concat", {"g", "e"}, "h", int_attribute("axis", 1)) +
                   node("ReduceMean", {"h"}, "i", ints_attribute("axes", {2, 3})) +
                   node("TopK", {"i", "k"}, "j", int_attribute("axis", 1)) + int64s("k", {2}) +
                   node("Split", {"j", "half"}, "y", int_attribute("axis", 1)) + int64s("half", {2}),
               {"1", "4", "4", "4"});
}

std::string qdq_network() {
  return whole(quantized("x", "xd") + node("DequantizeLinear", {"w", "w.s", "w.z"}, "wd") +
                   int8s("w", {4, 4, 1, 1}, std::vector<std::int8_t>(16, 5)) + node("Conv", {"xd", "wd"}, "c") +
                   node("Relu", {"c"}, "r") + quantized("r", "rd") + node("Add", {"rd", "xd"}, "a") +
                   quantized("a", "ad") + node("HardSwish", {"ad"}, "h") + quantized("h", "hd") +
                   node("AveragePool", {"hd"}, "p", ints_attribute("kernel_shape", {2, 2})) + quantized("p", "y") +
                   parameters("xd", 0.01F, 3) + parameters("w", 0.02F, 0) + parameters("rd", 0.03F, -128) +
                   parameters("ad", 0.05F, 0) + parameters("hd", 0.05F, -10) + parameters("y", 0.05F, -10),
               {"1", "4", "6", "6"}, 14);
}

std::string integer_operators() {
  return whole(node("QuantizeLinear", {"x", "x.s", "x.z"}, "q") + parameters("x", 0.01F, 3) +
                   node("QLinearConv", {"q", "x.s", "x.z", "w", "w.s", "w.z", "c.s", "c.z"}, "c") +
                   int8s("w", {4, 4, 1, 1}, std::vector<std::int8_t>(16, 5)) + parameters("w", 0.02F, 0) +
                   parameters("c", 0.04F, 5) +
                   node("QLinearAdd", {"c", "c.s", "c.z", "q", "x.s", "x.z", "c.s", "c.z"}, "a", "", "com.microsoft") +
                   node("ConvInteger", {"a", "w", "c.z"}, "i") + node("Cast", {"i"}, "f", int_attribute("to", 1)) +
                   node("Mul", {"f", "k"}, "y") + floats("k", {}, {0.0008F}),
               {"1", "4", "6", "6"});
}

std::string custom_operators() {
  return whole(
      node("Quant", {"x", "s", "z", "b"}, "q",
           int_attribute("signed", 1) + int_attribute("narrow", 0) + test::string_attribute("rounding_mode", "ROUND"),
           "qonnx.custom_op.general") +
          floats("s", {}, {0.1F}) + floats("z", {}, {0}) + floats("b", {}, {8}) +
          node("Quant", {"w", "s", "z", "b"}, "wq",
               int_attribute("signed", 1) + int_attribute("narrow", 1) +
                   test::string_attribute("rounding_mode", "ROUND"),
               "qonnx.custom_op.general") +
          floats("w", {4, 4, 1, 1}, std::vector<float>(16, 0.4F)) + node("Conv", {"q", "wq"}, "c") +
          node("Quant", {"c", "s", "z", "b"}, "y",
               int_attribute("signed", 0) + int_attribute("narrow", 0) +
                   test::string_attribute("rounding_mode", "ROUND"),
               "qonnx.custom_op.general"),
      {"1", "4", "6", "6"});
}

/// What follows a step that refuses is tried all the same.
template <typename Step>
void attempt(const Step& step) {
  try {
    step();
  } catch (const InputError&) {
    return;
  }
}

}  // namespace

void read(const std::string& bytes) {
  sw_ref::ReadOptions options(sw_ref::Batch::kOne);
  options.most_constant_bytes = kMostConstantBytes;
  const Graph graph = sw_ref::parse_onnx(bytes, "fuzzed.onnx", options);
  attempt([&] { sw_ref::lower_any(graph); });
  if (!sw_ref::is_quantized(graph)) return;
  attempt([&] { sw_ref::read_quantized(graph); });
  attempt([&] { sw_ref::float_twin(graph); });
}

std::vector<std::string> seeds() {
  return {float_network(), shape_arithmetic(), movements(), qdq_network(), integer_operators(), custom_operators()};
}

std::vector<std::string> words() {
  std::vector<std::string> all = {"com.microsoft",  "qonnx.custom_op.general",
                                  "nearest",        "linear",
                                  "reflect",        "edge",
                                  "SAME_UPPER",     "VALID",
                                  "ROUND",          "FLOOR",
                                  "systoliq.preset"};
  for (const sw_ref::OperatorRule& rule : sw_ref::operator_table()) {
    all.emplace_back(rule.op);
    for (const sw_ref::AttributeRule& attribute : rule.attributes) all.emplace_back(attribute.name);
  }
  return all;
}

}  // namespace systoliq::fuzz

/// Most changes are those of a message that stays one; some are of bytes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  static const std::vector<std::string> kWords = systoliq::fuzz::words();
  const google::protobuf::LogSilencer quiet;
  onnx::ModelProto model;
  if (seed % 8 == 0 || !model.ParseFromArray(data, static_cast<int>(size))) return LLVMFuzzerMutate(data, size, most);
  systoliq::fuzz::mutate(&model, kWords, seed);
  std::string bytes;
  if (!model.SerializePartialToString(&bytes) || bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
