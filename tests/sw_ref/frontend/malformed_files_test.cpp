// SPDX-License-Identifier: Apache-2.0
// Files that are no usable model: each must end in an InputError, never in a crash, a hang or an accepted network.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <random>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

using test::floats;
using test::input;
using test::int64s;
using test::ints_attribute;
using test::node;
using test::output;

const std::string& small_network() {
  static const std::string kModel = sw_ref::network_to_onnx("lenet5", sw_ref::random_parameters("lenet5", 7));
  return kModel;
}

/// The error's text; a test failure where the model is accepted.
std::string refusal(const std::string& bytes) {
  try {
    sw_ref::parse_onnx(bytes, "bad.onnx");
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

#define EXPECT_REFUSED(graph, text) \
  EXPECT_NE(refusal(test::model(graph)).find(text), std::string::npos) << refusal(test::model(graph))

std::string tail() { return input("x", {"1", "1", "8", "8"}) + output("y", {"n"}); }

TEST(MalformedFilesBad, TruncatedAnywhere) {
  const std::string& whole = small_network();
  ASSERT_NO_THROW(sw_ref::parse_onnx(whole, "whole"));
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_NE(refusal(whole.substr(0, whole.size() * i / 50)), "") << i;
  }
  for (std::size_t missing = 1; missing < 6; ++missing) {
    EXPECT_NE(refusal(whole.substr(0, whole.size() - missing)), "") << missing;
  }
}

TEST(MalformedFilesBad, RandomBytes) {
  const std::uint32_t seed = 20240601;
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 400, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_NE(refusal(bytes), "") << "case " << i;
  }
}

/// A flipped byte may leave a model that is still right; what is accepted must then run.
TEST(MalformedFilesBad, ChangedBytesAreRefusedOrHarmless) {
  const std::uint32_t seed = 42;
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  const std::string base = test::model(
      node("Conv", {"x", "w"}, "c", ints_attribute("pads", {1, 1, 1, 1}) + ints_attribute("strides", {2, 2})) +
      node("MaxPool", {"c"}, "p", ints_attribute("kernel_shape", {2, 2})) + node("Relu", {"p"}, "r") +
      node("Reshape", {"r", "shape"}, "f") + node("Gemm", {"f", "b"}, "y", test::int_attribute("transB", 1)) +
      input("x", {"1", "1", "8", "8"}) + output("y", {"n", "3"}) +
      floats("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5F)) + int64s("shape", {1, -1}) +
      floats("b", {3, 18}, std::vector<float>(54, 1.0F)));
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = base;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    try {
      const Graph graph = sw_ref::parse_onnx(bytes, "changed.onnx");
      std::map<std::string, FloatTensor> inputs;
      for (const std::string& name : graph.inputs) inputs[name] = FloatTensor(graph.values.at(name).shape, 1.0F);
      sw_ref::run_float(graph, inputs);
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 3000) << "changes of weights are no errors";
}

/// The same for small networks that exporters wrote, which between them have most operators.
TEST(MalformedFilesBad, ChangedNetworksOfExportersAreRefusedOrHarmless) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(test::data_folder()) / "networks" / "cases";
  if (!fs::exists(folder)) GTEST_SKIP() << "no networks in " << folder;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path() / "net.onnx");
  std::sort(paths.begin(), paths.end());
  const std::uint32_t seed = 7;
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  int refused = 0, accepted = 0;
  for (const fs::path& path : paths) {
    const std::string base = test::read_file(path.string());
    if (base.empty() || base.size() > 30000) continue;
    for (int i = 0; i < 40; ++i) {
      std::string bytes = base;
      for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        // Structure rather than weights: the graph's nodes come first.
        bytes[random() % std::min<std::size_t>(bytes.size(), 1500)] = static_cast<char>(random());
      }
      try {
        const Graph graph = sw_ref::parse_onnx(bytes, "changed.onnx");
        std::map<std::string, FloatTensor> inputs;
        for (const std::string& name : graph.inputs) inputs[name] = FloatTensor(graph.values.at(name).shape, 1.0F);
        sw_ref::run_float(graph, inputs);
        ++accepted;
      } catch (const InputError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(accepted, 500);
}

TEST(MalformedFilesBad, GraphsThatDoNotHoldTogether) {
  EXPECT_REFUSED(node("Relu", {"a"}, "b") + node("Relu", {"b"}, "a") + tail(), "bad.onnx: ");
  EXPECT_REFUSED(node("Relu", {"nothing"}, "y") + tail(), "nothing");
  EXPECT_REFUSED(node("Relu", {"x"}, "z") + tail(), "output 'y' is computed by no node");
  EXPECT_REFUSED(node("Relu", {"x"}, "x") + tail(), "bad.onnx: ");
  EXPECT_REFUSED(node("Relu", {"x"}, "y") + node("Tanh", {"x"}, "y") + tail(), "bad.onnx: ");
  EXPECT_REFUSED(node("Relu", {"x"}, "y") + input("x", {"1", "4"}), "has no outputs");
  EXPECT_REFUSED(node("Relu", {"x"}, "y") + input("x", {"1", "8"}) + output("y", {"1", "9"}), "contradicts");
  EXPECT_REFUSED("", "bad.onnx: ");
}

TEST(MalformedFilesBad, AbsurdSizes) {
  const auto relu = [](const std::vector<std::string>& dims) {
    return node("Relu", {"x"}, "y") + input("x", dims) + output("y", {"n"});
  };
  EXPECT_REFUSED(relu({"1", "99999999", "99999999"}), "input 'x'");
  EXPECT_REFUSED(relu({"9223372036854775807", "2"}), "input 'x'");
  EXPECT_REFUSED(relu({"1", "-3"}), "size -3");
  EXPECT_REFUSED(relu({"1", "0"}), "size 0");
  const auto huge = [](const std::vector<std::int64_t>& dims) {
    return node("Add", {"x", "w"}, "y") + tail() + test::bytes(5, test::tensor("w", test::kFloat, dims, "1234"));
  };
  EXPECT_REFUSED(huge({1 << 30, 1 << 30}), "bad.onnx: ");
  EXPECT_REFUSED(huge({2}), "bad.onnx: ");
  EXPECT_REFUSED(huge({-1}), "bad.onnx: ");
  EXPECT_REFUSED(node("Pad", {"x", "pads"}, "y") + tail() + int64s("pads", {0, 0, 1 << 20, 1 << 20, 0, 0, 0, 0}),
                 "elements");
  EXPECT_REFUSED(node("Pad", {"x", "pads"}, "y") + tail() + int64s("pads", {0, 0, -9, 0, 0, 0, 0, 0}), "empty shape");
  EXPECT_REFUSED(node("Reshape", {"x", "shape"}, "y") + tail() + int64s("shape", {1LL << 62, 1LL << 62, -1}),
                 "does not fit");
  EXPECT_REFUSED(node("Reshape", {"x", "shape"}, "y") + tail() + int64s("shape", {-1, -1}), "does not fit");
}

TEST(MalformedFilesBad, Attributes) {
  const auto convolution = [](const std::string& attributes) {
    return node("Conv", {"x", "w"}, "y", attributes) + tail() + floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1.0F));
  };
  EXPECT_REFUSED(convolution(test::float_attribute("strides", 2.0F)), "strides");
  EXPECT_REFUSED(convolution(test::int_attribute("pads", 1)), "pads");
  EXPECT_REFUSED(convolution(test::string_attribute("group", "2")), "group");
  EXPECT_REFUSED(convolution(ints_attribute("strides", {0, 1})), "'strides' holds 0");
  EXPECT_REFUSED(convolution(ints_attribute("dilations", {1, -1})), "'dilations' holds -1");
  EXPECT_REFUSED(convolution(ints_attribute("strides", {1})), "1 values");
  EXPECT_REFUSED(convolution(ints_attribute("dilations", {9, 9})), "window covers");
  EXPECT_REFUSED(convolution(test::int_attribute("group", 0)), "group 0");
  EXPECT_REFUSED(convolution(test::int_attribute("group", 2)), "group 2");
  EXPECT_REFUSED(convolution(test::string_attribute("auto_pad", "SOMEHOW")), "SOMEHOW");
  EXPECT_REFUSED(convolution(test::int_attribute("nonsense", 1)), "nonsense");
  EXPECT_REFUSED(node("Concat", {"x", "x"}, "y", test::int_attribute("axis", 9)) + tail(), "axis 9");
  EXPECT_REFUSED(node("Transpose", {"x"}, "y", ints_attribute("perm", {0, 1, 1, 2})) + tail(), "permutation");
  EXPECT_REFUSED(node("MaxPool", {"x"}, "y") + tail(), "kernel_shape");
}

TEST(MalformedFilesBad, OperatorsAndTypes) {
  const std::string unknown = refusal(test::model(node("Einsum", {"x"}, "y") + tail()));
  EXPECT_EQ(unknown.rfind("bad.onnx: node 'Einsum_0' (Einsum): the operator is not supported; supported: Abs, ", 0), 0U)
      << unknown;
  EXPECT_REFUSED(node("Relu", {"x"}, "y", "", "com.microsoft") + tail(), "(com.microsoft.Relu)");
  EXPECT_REFUSED(node("Relu", {"x"}, "y") + input("x", {"1", "4"}, test::kInt64) + output("y", {"n"}, test::kInt64),
                 "INT64");
  EXPECT_REFUSED(node("MatMul", {"x", "w"}, "y") + tail() + floats("w", {7, 2}, std::vector<float>(14)), "multiplies");
  EXPECT_REFUSED(node("Add", {"x", "w"}, "y") + tail() + floats("w", {3}, {1, 2, 3}), "do not broadcast");
  EXPECT_REFUSED(node("QuantizeLinear", {"x", "s"}, "y") + tail() + floats("s", {}, {0.0F}), "finite and positive");
  EXPECT_REFUSED(node("QuantizeLinear", {"x", "s"}, "y") + tail() + floats("s", {3}, {1, 1, 1}), "[3]");
}

TEST(MalformedFilesBad, VersionsAndFiles) {
  const std::string graph = node("Relu", {"x"}, "y") + input("x", {"1", "4"}) + output("y", {"1", "4"});
  EXPECT_NO_THROW(sw_ref::parse_onnx(test::model(graph, 7), "ok"));
  EXPECT_NO_THROW(sw_ref::parse_onnx(test::model(graph, 15, 10), "ok"));
  EXPECT_NO_THROW(sw_ref::parse_onnx(test::model(graph, 24, 12), "ok"));
  EXPECT_NE(refusal(test::model(graph, 6)).find("opset 6"), std::string::npos);
  EXPECT_NE(refusal(test::model(graph, 25)).find("opset 25"), std::string::npos);
  EXPECT_NE(refusal(test::model(graph, 13, 99)).find("ir_version"), std::string::npos);
  EXPECT_NE(refusal(test::integer(1, 7)).find("no graph"), std::string::npos);
  EXPECT_THROW(sw_ref::read_onnx("/nonexistent/net.onnx"), InputError);
  EXPECT_THROW(sw_ref::read_onnx(std::filesystem::temp_directory_path().string()), InputError);
  EXPECT_THROW(sw_ref::read_tensor_proto("/nonexistent/t.pb"), InputError);
}

/// Data in another file: the message says where, seen from the model and not from the working folder.
TEST(MalformedFilesBad, ExternalDataIsNamedRelativeToTheModel) {
  const std::string entry = test::bytes(1, "location") + test::bytes(2, "sub/weights.bin");
  const std::string weights = test::integer(1, 4) + test::integer(2, test::kFloat) + test::bytes(8, "w") +
                              test::bytes(13, entry) + test::integer(14, 1);
  const std::string bytes = test::model(node("Add", {"x", "w"}, "y") + input("x", {"1", "4"}) +
                                        output("y", {"1", "4"}) + test::bytes(5, weights));
  try {
    sw_ref::parse_onnx(bytes, "/somewhere/net.onnx");
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "/somewhere/net.onnx: initializer 'w': keeps its data in 'sub/weights.bin' beside the model, which came "
        "from no file; accepted: data inside the model");
  }
}

}  // namespace
}  // namespace systoliq
