// SPDX-License-Identifier: Apache-2.0
// Single operators against ONNX Runtime's recorded outputs, bit for bit, and a network of the ONNX model zoo with its
// recorded outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tb/data/dataset.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

TEST(GoldenOperators, EveryOutputBitEqualsOnnxRuntimes) {
  const fs::path folder = fs::path(test::data_folder()) / "golden" / "onnx_ops";
  if (!fs::exists(folder)) GTEST_SKIP() << "no golden operators in " << folder;
  int operators = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const Graph graph = sw_ref::read_onnx((entry.path() / "model.onnx").string());
    std::map<std::string, FloatTensor> inputs;
    inputs[graph.inputs.at(0)] = tb::read_npy((entry.path() / "i0.npy").string());
    const auto tensors = sw_ref::run_float(graph, inputs);
    const FloatTensor& found = tensors.at(graph.outputs.at(0));
    const FloatTensor expected = tb::read_npy((entry.path() / "y.npy").string());
    ASSERT_EQ(found.shape, expected.shape) << name;
    std::int64_t differing = 0;
    for (std::size_t i = 0; i < expected.data.size(); ++i) differing += found.data[i] != expected.data[i];
    EXPECT_EQ(differing, 0) << name << ": of " << expected.data.size() << " elements";
    ++operators;
  }
  EXPECT_GE(operators, 11);
}

TEST(GoldenOperators, MnistNetworkYieldsTheRecordedLogits) {
  const fs::path folder = fs::path(test::data_folder()) / "onnx" / "mnist-8";
  if (!fs::exists(folder)) GTEST_SKIP() << "no network in " << folder;
  const Graph graph = sw_ref::read_onnx((folder / "model.onnx").string());
  ASSERT_EQ(graph.inputs, std::vector<std::string>{"Input3"});
  const sw_ref::FloatExecutor executor(graph);
  for (int set = 0; set < 3; ++set) {
    const fs::path data = folder / ("test_data_set_" + std::to_string(set));
    const Value input = sw_ref::read_tensor_proto((data / "input_0.pb").string());
    const Value expected = sw_ref::read_tensor_proto((data / "output_0.pb").string());
    const FloatTensor logits = executor.run({{"Input3", input.floats}}).at(graph.outputs.at(0));
    ASSERT_EQ(logits.shape, expected.shape);
    for (std::size_t i = 0; i < logits.data.size(); ++i) {
      EXPECT_NEAR(logits.data[i], expected.floats.data[i], 1e-4F + 1e-4F * std::fabs(expected.floats.data[i]))
          << "set " << set << ", class " << i;
    }
  }
}

}  // namespace
}  // namespace systoliq
