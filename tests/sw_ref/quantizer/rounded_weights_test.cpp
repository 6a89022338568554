// SPDX-License-Identifier: Apache-2.0
// A float network with integer weights: the weights themselves, and nothing else changed.
#include "sw_ref/quantizer/integer/rounded_weights.h"

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

TEST(RoundedWeights, AreIntegersTimesScaleAndTheRestIsFloat) {
  const Graph graph = small_graph({1, 1, 1}, [](OnnxGraph& g) {
    g.add_floats("w", {2, 1, 1, 1}, {1.0F, 0.3F});
    g.add_floats("b", {2}, {0.123F, -0.456F});
    g.add_node("Conv", "conv", {"x", "w", "b"}, "y");
    g.add_output("y", {2, 1, 1});
  });
  QuantizeOptions options;
  options.weight_bits = 2;  // -1, 0, 1 times the scale
  options.weight_range = RangeMethod::kMinMax;
  options.per_channel = false;
  const std::vector<FloatTensor> images = {FloatTensor(Shape{1, 1, 1, 1}, 1.0F)};
  const Graph rounded = with_rounded_weights(graph, quantize(graph, images, options));
  EXPECT_EQ(rounded.outputs, graph.outputs);
  const FloatTensor image(Shape{1, 1, 1, 1}, 100.0F);  // far outside the calibrated range: nothing is clipped
  EXPECT_EQ(run_float(rounded, {{"x", image}}).at("y").data, (std::vector<float>{100.123F, -0.456F}));
}

TEST(RoundedWeights, OfEveryKindOfWeights) {
  const Graph graph = random_network("lenet5", 3);
  const std::vector<FloatTensor> images = digit_images(2, 5);
  QuantizeOptions affine, codebook;
  affine.per_channel = affine.symmetric_weights = false;
  codebook.codebook = CodebookKind::kPerChannel;
  for (const QuantizeOptions& options : {QuantizeOptions{}, affine, codebook}) {
    const Graph rounded = with_rounded_weights(graph, quantize(graph, images, options));
    const FloatTensor exact = run_float(graph, {{graph.inputs[0], images[0]}}).at("logits");
    const FloatTensor found = run_float(rounded, {{rounded.inputs[0], images[0]}}).at("logits");
    double signal = 0.0, noise = 0.0;
    for (std::size_t i = 0; i < exact.data.size(); ++i) {
      signal += double{exact.data[i]} * double{exact.data[i]};
      noise += (double{exact.data[i]} - double{found.data[i]}) * (double{exact.data[i]} - double{found.data[i]});
    }
    EXPECT_GT(signal, 1000.0 * noise);
    EXPECT_GT(noise, 0.0);
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
