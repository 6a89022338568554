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

}  // namespace
}  // namespace systoliq::sw_ref
