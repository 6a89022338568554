// SPDX-License-Identifier: Apache-2.0
// RequantShift of PULP's tools: the graph's own integers, and the fitted product that gives them.
#include "sw_ref/quantizer/qdq/forms/requant_shift.h"

#include "forms_helpers.h"
#include "sw_ref/quantizer/qdq/float_twin.h"

namespace systoliq::sw_ref {
namespace {

using namespace forms_test;  // NOLINT(google-build-using-namespace): the helpers of these tests

std::string requant_shift(const std::string& from, const std::string& to, const std::string& mul,
                          const std::string& add, float with_sign) {
  return node("RequantShift", {from, mul, add}, to,
              test::float_attribute("div", 4096.0F) + test::float_attribute("n_levels_out", 256.0F) +
                  test::float_attribute("signed", with_sign));
}

std::vector<float> reals(const std::vector<std::int8_t>& values) { return {values.begin(), values.end()}; }

/// Convolutions with an addend of each kind, a table, a sum and a pool.
TEST(RequantShift, EveryKind) {
  const std::string nodes =
      node("Conv", {"x", "w"}, "c") + requant_shift("c", "a", "mul", "add", 0.0F) + node("Conv", {"a", "v"}, "d") +
      requant_shift("d", "b", "mul", "none", 1.0F) + requant_shift("a", "t", "two", "none", 1.0F) +
      node("Add", {"b", "t"}, "s") + requant_shift("s", "u", "three", "none", 0.0F) +
      node("MaxPool", {"u"}, "y", test::ints_attribute("kernel_shape", {2, 2})) +
      floats("w", {4, 4, 1, 1}, reals(drawn(16, 8, 5))) + floats("v", {4, 4, 1, 1}, reals(drawn(16, 9, 30))) +
      floats("mul", {4, 1, 1}, {97.0F, 130.0F, 64.0F, 257.0F}) + floats("none", {}, {0.0F}) +
      floats("add", {4, 1, 1}, {970.0F, -12345.0F, 0.0F, 4321.0F}) + floats("two", {}, {2048.0F}) +
      floats("three", {}, {12288.0F});
  const Graph graph = parse(nodes, kImage);
  const QuantizedNetwork network = read_quantized(graph);
  EXPECT_EQ(network.preset, Preset::kTfliteSingle);
  FloatTensor image(Shape{1, 4, 6, 6});
  std::set<float> seen;
  for (std::uint32_t seed = 1; seed < 6; ++seed) {
    std::mt19937 generator(seed);
    for (float& value : image.data) value = static_cast<float>(generator() % 256);
    const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
    const FloatTensor expected = run_float(graph, {{"x", image}}).at("y");
    const IntTensor found = run_integers(network, image).tensors[static_cast<std::size_t>(network.outputs[0])];
    EXPECT_EQ(dequantize_tensor(found, out).data, expected.data);
    seen.insert(expected.data.begin(), expected.data.end());
  }
  EXPECT_GT(seen.size(), 20U);
  EXPECT_NO_THROW(run_float(float_twin(graph), {{"x", image}}));
}

/// The fitted product gives a RequantShift's integers for every accumulator near its range.
TEST(RequantShift, ProductFormIsExact) {
  std::mt19937 generator(3);
  int fitted = 0;
  for (int draw = 0; draw < 60; ++draw) {
    forms::RequantChannel channel;
    channel.mul = static_cast<std::int64_t>(generator() % 2000) + 1;
    if (draw % 4 == 0) channel.mul = -channel.mul;
    channel.add = static_cast<std::int64_t>(generator() % 4000000) - 2000000;
    channel.div = 65536;
    const std::optional<forms::ProductForm> form = forms::product_form(channel, 12);
    if (!form) continue;
    ++fitted;
    for (std::int64_t x = -60000; x <= 60000; x += 7) {
      const double scaled = static_cast<double>(x * form->times + form->bias) * double{form->factor};
      const double y = std::min(std::max(std::floor(scaled + 0.5), -128.0), 127.0);
      ASSERT_EQ(static_cast<double>(forms::requant_shift(channel, x)), y) << draw << ", " << x;
    }
  }
  EXPECT_GT(fitted, 20);
}

TEST(RequantShift, OfWhatHasNoIntegersIsRefused) {
  expect_refused(
      [&] {
        read_quantized(parse(node("Sigmoid", {"x"}, "s") + requant_shift("s", "y", "mul", "none", 1.0F) +
                                 floats("mul", {}, {3.0F}) + floats("none", {}, {0.0F}),
                             kImage));
      },
      {"(RequantShift)", "(Sigmoid)"});
}

}  // namespace
}  // namespace systoliq::sw_ref
