// SPDX-License-Identifier: Apache-2.0
// Quantized networks as TensorRT's users write them: QuantizeLinear in front of convolutions alone, sums and functions
// in float between.
#include "sw_ref/quantizer/qdq/missing_scales.h"

#include <gtest/gtest.h>

#include "tests/sw_ref/quantizer/forms_helpers.h"

namespace systoliq::sw_ref {
namespace {

using namespace forms_test;  // NOLINT(google-build-using-namespace)

std::string quantized(const std::string& from, const std::string& name) {
  return node("QuantizeLinear", {from, name + ".s", name + ".z"}, name + ".q") +
         node("DequantizeLinear", {name + ".q", name + ".s", name + ".z"}, name);
}

std::string weights(const std::string& name, std::uint32_t seed) {
  return node("DequantizeLinear", {name + ".i", name + ".s", name + ".z"}, name) + parameters(name, 0.01F, 0) +
         int8s(name + ".i", {4, 4, 1, 1}, drawn(16, seed));
}

/// A residual block: `r` is quantized for the convolution and read in float by the sum, and the second convolution's
/// output has no scale.
Graph residual() {
  return parse(quantized("x", "xd") + weights("w1", 1) + node("Conv", {"xd", "w1"}, "c1") + node("Relu", {"c1"}, "r") +
                   quantized("r", "rd") + weights("w2", 2) + node("Conv", {"rd", "w2"}, "c2") +
                   node("Add", {"c2", "r"}, "a") + node("HardSwish", {"a"}, "h") + quantized("h", "hd") +
                   weights("w3", 3) + node("Conv", {"hd", "w3"}, "c3") + quantized("c3", "y") +
                   parameters("xd", 0.01F, 3) + parameters("rd", 0.02F, -128) + parameters("hd", 0.03F, -100) +
                   parameters("y", 0.05F, 5),
               kImage, 14);
}

TEST(MissingScales, AreRefusedByNameUnlessAskedFor) {
  expect_refused([] { read_quantized(residual()); }, {"'r'", "in float"});
  const Graph graph =
      parse(quantized("x", "xd") + weights("w1", 1) + node("Conv", {"xd", "w1"}, "c") + node("HardSwish", {"c"}, "h") +
                quantized("h", "y") + parameters("xd", 0.01F, 3) + parameters("y", 0.02F, 0),
            kImage, 14);
  expect_refused([&] { read_quantized(graph); }, {"'c' has no scale", "--scales calibrate"});
  EXPECT_EQ(values_without_scale(graph), std::vector<std::string>{"c"});
}

TEST(MissingScales, ComeFromCalibration) {
  std::vector<FloatTensor> images;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) images.push_back(random_tensor({1, 4, 6, 6}, seed, 1.0F));
  const Graph source = residual();
  std::vector<std::string> notes;
  const Graph complete = with_calibrated_scales(source, images, &notes);
  EXPECT_EQ(notes.size(), 3U) << "the sum's second operand, c2 and the sum";
  EXPECT_TRUE(values_without_scale(complete).empty());
  const QuantizedNetwork network = read_quantized(complete);
  EXPECT_EQ(network.layers.size(), 5U);
  EXPECT_TRUE(network.host_parts.empty());
  expect_same_integers(complete, 1);
  double noise = 0.0, signal = 0.0;
  for (const FloatTensor& image : images) {
    const FloatTensor before = run_float(source, {{"x", image}}).at("y");
    const FloatTensor after = run_float(complete, {{"x", image}}).at("y");
    for (std::size_t i = 0; i < before.data.size(); ++i) {
      noise += std::pow(double{before.data[i]} - double{after.data[i]}, 2);
      signal += std::pow(double{before.data[i]}, 2);
    }
  }
  EXPECT_GT(10.0 * std::log10(signal / noise), 25.0) << "close to the file's own";
}

}  // namespace
}  // namespace systoliq::sw_ref
