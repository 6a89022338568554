// SPDX-License-Identifier: Apache-2.0
// The float twin of a quantized network: close to its original, named like the integer layers, with ReLUs kept.
#include "sw_ref/quantizer/qdq/float_twin.h"

#include <algorithm>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"

namespace systoliq::sw_ref {
namespace {

TEST(FloatTwin, FollowsTheOriginalLayerByLayer) {
  const Graph original = random_network("lenet5", 3);
  const std::vector<FloatTensor> images = digit_images(8, 5);
  const QuantizedNetwork network = quantize(original, images, {});
  const Graph quantized = parse_onnx(to_onnx_qdq(network), "lenet5.q.onnx");
  const Graph twin = float_twin(quantized);
  const QuantizedNetwork read = read_quantized(quantized);
  const auto expected = run_float(original, {{original.inputs[0], images[0]}});
  const auto found = run_float(twin, {{twin.inputs[0], images[0]}});
  for (std::size_t i = 0; i < read.layers.size(); ++i) {
    SCOPED_TRACE(read.layers[i].name);
    ASSERT_EQ(found.count(read.layers[i].float_output), 1U);
    const FloatTensor& a = expected.at(network.layers[i].float_output);
    const FloatTensor& b = found.at(read.layers[i].float_output);
    ASSERT_EQ(a.data.size(), b.data.size());
    double signal = 0.0;
    double noise = 0.0;
    for (std::size_t k = 0; k < a.data.size(); ++k) {
      signal += double{a.data[k]} * double{a.data[k]};
      noise += (double{a.data[k]} - double{b.data[k]}) * (double{a.data[k]} - double{b.data[k]});
    }
    EXPECT_GT(signal, 1000.0 * noise);  // only weights are rounded
    EXPECT_GT(noise, 0.0);
  }
}

TEST(FloatTwin, KeepsAReluThatOnlyTheRangeHolds) {
  const Graph original = random_network("lenet5", 3);
  const Graph twin = float_twin(parse_onnx(to_onnx_qdq(quantize(original, digit_images(8, 5), {})), "lenet5.q.onnx"));
  const auto found = run_float(twin, {{twin.inputs[0], digit_images(1, 9)[0]}});
  const std::vector<float>& relu = found.at("relu1").data;
  EXPECT_GE(*std::min_element(relu.begin(), relu.end()), 0.0F);
}

/// Two pairs of QuantizeLinear and DequantizeLinear behind each other, of two scales: a change of scale alone.
TEST(FloatTwin, PassesAChangeOfScale) {
  const Graph graph = small_graph({2, 4, 4}, [](OnnxGraph& g) {
    const auto pair = [&g](const std::string& from, const std::string& to, float scale, std::int32_t zero) {
      g.add_floats(to + ".s", {}, {scale});
      g.add_bytes(to + ".z", {}, {zero}, false);
      g.add_node("QuantizeLinear", to + ".quantize", {from, to + ".s", to + ".z"}, to + ".q");
      g.add_node("DequantizeLinear", to + ".dequantize", {to + ".q", to + ".s", to + ".z"}, to);
    };
    pair("x", "a", 0.02F, 3);
    pair("a", "b", 0.05F, -5);
    g.add_node("Relu", "relu", {"b"}, "r");
    pair("r", "y", 0.05F, -5);
    g.add_output("y", {2, 4, 4});
  });
  const Graph twin = float_twin(graph);
  EXPECT_EQ(twin.outputs, (std::vector<std::string>{"y"}));
  FloatTensor image(Shape{1, 2, 4, 4});
  for (std::size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i) / 16.0F - 1.0F;
  const FloatTensor found = run_float(twin, {{"x", image}}).at("y");
  for (std::size_t i = 0; i < image.data.size(); ++i) EXPECT_EQ(found.data[i], std::max(image.data[i], 0.0F)) << i;
  EXPECT_EQ(read_quantized(graph).layers.size(), 2U);
}

}  // namespace
}  // namespace systoliq::sw_ref
