// SPDX-License-Identifier: Apache-2.0
// Small networks in quantized forms, and their integers against the graph's own.
#pragma once

#include <set>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref::forms_test {

using test::bytes;
using test::floats;
using test::int8s;
using test::node;

inline constexpr const char* kMicrosoft = "com.microsoft";
inline constexpr const char* kQonnx = "qonnx.custom_op.general";

inline Graph parse(const std::string& nodes, const std::vector<std::string>& input, std::int64_t opset = 13) {
  return parse_onnx(test::model(nodes + test::input("x", input) + bytes(12, bytes(1, "y")), opset, 8), "forms");
}

inline std::vector<std::int8_t> drawn(std::size_t count, std::uint32_t seed, int extent = 100) {
  std::mt19937 generator(seed);
  std::vector<std::int8_t> values(count);
  for (std::int8_t& value : values) {
    value = static_cast<std::int8_t>(static_cast<int>(generator() % (2 * static_cast<unsigned>(extent) + 1)) - extent);
  }
  return values;
}

inline std::string int32s(const std::string& name, const std::vector<std::int32_t>& values) {
  std::string raw(values.size() * 4, '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return bytes(5, test::tensor(name, test::kInt32, {static_cast<std::int64_t>(values.size())}, raw));
}

/// Scale `name`.s and zero point `name`.z of INT8.
inline std::string parameters(const std::string& name, float scale, std::int8_t zero) {
  return floats(name + ".s", {}, {scale}) + int8s(name + ".z", {}, {zero});
}

inline std::string quantized_input() {
  return node("QuantizeLinear", {"x", "x.s", "x.z"}, "xq") + parameters("x", 0.01F, 3);
}
inline std::string dequantized(const std::string& from, const std::string& scale) {
  return node("DequantizeLinear", {from, scale + ".s", scale + ".z"}, "y");
}

/// The reference's integers are those of the graph itself; at most `steps` apart, in the output's scale.
inline void expect_same_integers(const Graph& graph, int steps = 0, float extent = 1.0F) {
  const QuantizedNetwork network = read_quantized(graph);
  const auto output = static_cast<std::size_t>(network.outputs.at(0));
  std::set<std::int32_t> seen;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const FloatTensor image = random_tensor(graph.values.at("x").shape, seed, extent);
    const IntTensor expected = quantize_tensor(run_float(graph, {{"x", image}}).at("y"), network.tensors[output]);
    const IntTensor found = run_integers(network, image).tensors[output];
    ASSERT_EQ(expected.data.size(), found.data.size());
    for (std::size_t i = 0; i < found.data.size(); ++i) {
      EXPECT_LE(std::abs(expected.data[i] - found.data[i]), steps) << "seed " << seed << ", element " << i;
    }
    seen.insert(found.data.begin(), found.data.end());
  }
  EXPECT_GT(seen.size(), 3U) << "the outputs hardly vary";
}

inline const std::vector<std::string> kImage = {"1", "4", "6", "6"};

}  // namespace systoliq::sw_ref::forms_test
