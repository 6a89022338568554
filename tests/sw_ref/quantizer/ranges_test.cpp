// SPDX-License-Identifier: Apache-2.0
// Range rules by hand: the power-of-two observer, the symmetric scale over the whole span, moving average, divergence.
#include "sw_ref/quantizer/calibration/ranges.h"

#include <algorithm>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/calibration/calibration.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"

namespace systoliq::sw_ref {
namespace {

TEST(Ranges, ObserverExponents) {
  const auto exponent = [](double maximum) { return observer_exponent(-maximum / 2.0, maximum, -128, 127); };
  EXPECT_EQ(exponent(1.0), -7);
  EXPECT_EQ(exponent(0.7), -8);
  EXPECT_EQ(exponent(1.42), -6);
  EXPECT_EQ(exponent(0.4), -8);
  EXPECT_EQ(exponent(8.63629), -4);
  EXPECT_EQ(exponent(40000.0), 8);
  EXPECT_EQ(observer_exponent(0.0, 0.0, -128, 127), -8);
  EXPECT_EQ(observer_exponent(0.0, INFINITY, -128, 127), -8);
  EXPECT_EQ(observer_exponent(NAN, 1.0, -128, 127), -8);
  EXPECT_EQ(observer_exponent(-1.42, 0.1, -128, 127), -6);  // the minimum counts by its magnitude
}

/// One 1 x 1 convolution.
Graph scale_by(float weight) {
  return small_graph({1, 1, 2}, [&](OnnxGraph& g) {
    g.add_floats("w", {1, 1, 1, 1}, {weight});
    g.add_node("Conv", "conv", {"x", "w"}, "y");
    g.add_output("y", {1, 1, 2});
  });
}

TEST(Ranges, ObserverInANetwork) {
  QuantizeOptions options;
  options.power_of_two = options.power_of_two_observer = options.symmetric_activations = true;
  options.preset = Preset::kPotFloor;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-0.2F, 1.42F})};
  const QuantizedNetwork network = quantize(scale_by(-1.0F), images, options);
  EXPECT_EQ(network.tensors[0].scale, 1.0F / 64.0F);
  EXPECT_EQ(network.tensors[0].zero_point, 0);
  EXPECT_EQ(network.layers[0].weight_scales.at(0), 1.0F / 128.0F);
  EXPECT_EQ(network.layers[0].weights.data.at(0), -128);  // beyond -127, which other symmetric weights keep to
  expect_round_trip(network);
  const std::vector<FloatTensor> faint = {FloatTensor({1, 1, 1, 2}, {0.001F, 0.0F})};
  EXPECT_EQ(quantize(scale_by(1.0F), faint, options).tensors[0].scale, 1.0F / 256.0F);
  options.unsigned_activations = true;
  EXPECT_EQ(quantize(scale_by(1.0F), images, options).tensors[0].storage_offset, 128);  // zero point 128 in the file
  options.symmetric_activations = false;
  expect_refused([&] { quantize(scale_by(1.0F), images, options); }, {"observer", "symmetric"});
}

TEST(Ranges, ObserverRefusesBiasesThatItsScalesCannotHold) {
  const Graph graph = small_graph({1, 1, 2}, [&](OnnxGraph& g) {
    g.add_floats("w", {1, 1, 1, 1}, {1e-3F});
    g.add_floats("b", {1}, {1e6F});
    g.add_node("Conv", "conv", {"x", "w", "b"}, "y");
    g.add_output("y", {1, 1, 2});
  });
  QuantizeOptions options;
  options.power_of_two = options.power_of_two_observer = options.symmetric_activations = true;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {0.1F, 0.1F})};
  expect_refused([&] { quantize(graph, images, options); }, {"conv", "bias", "observer"});
}

TEST(Ranges, SymmetricScaleOverTheSpan) {
  QuantizeOptions options;
  options.symmetric_activations = true;
  options.symmetric_scale = SymmetricScale::kSpan;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-0.2F, 1.0F})};
  const QuantizedNetwork network = quantize(scale_by(-255.0F), images, options);
  EXPECT_FLOAT_EQ(network.tensors[0].scale, 2.0F / 255.0F);
  EXPECT_EQ(network.layers[0].weight_scales.at(0), 2.0F);
  EXPECT_EQ(network.layers[0].weights.data.at(0), -128);                                     // -127.5
  EXPECT_EQ(quantize(scale_by(255.0F), images, options).layers[0].weights.data.at(0), 127);  // 127.5 saturates
  expect_round_trip(network);
  options.codebook = CodebookKind::kPerTensor;
  expect_refused([&] { quantize(scale_by(1.0F), images, options); }, {"span", "codebook"});
}

TEST(Ranges, MovingAverageByHand) {
  QuantizeOptions options;
  options.activation_range = RangeMethod::kMovingAverage;
  const std::vector<FloatTensor> images = {FloatTensor({1, 1, 1, 2}, {-1.0F, 2.0F}),
                                           FloatTensor({1, 1, 1, 2}, {-3.0F, 102.0F}),
                                           FloatTensor({1, 1, 1, 2}, {0.0F, 0.0F})};
  // high: 2, 2 + 0.01 * 100 = 3, 3 - 0.03 = 2.97; low: -1, -1.02, -1.0098
  EXPECT_FLOAT_EQ(quantize(scale_by(1.0F), images, options).tensors[0].scale, (2.97F + 1.0098F) / 255.0F);
  options.weight_range = RangeMethod::kMovingAverage;
  expect_refused([&] { quantize(scale_by(1.0F), images, options); }, {"moving-average", "weights"});
}

/// D(P || Q) as defined, straightforwardly, for every threshold.
double best_threshold(const std::vector<double>& bins, std::size_t levels) {
  double least = INFINITY;
  std::size_t best = 0;
  for (std::size_t size = levels; size <= bins.size(); ++size) {
    std::vector<double> p(bins.begin(), bins.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<double> q(size, 0.0);
    for (std::size_t level = 0; level < levels; ++level) {
      std::vector<std::size_t> filled;
      double mass = 0.0;
      for (std::size_t i = level * size / levels; i < (level + 1) * size / levels; ++i) {
        mass += p[i];
        if (p[i] > 0.0) filled.push_back(i);
      }
      for (const std::size_t i : filled) q[i] = mass / static_cast<double>(filled.size());
    }
    for (std::size_t i = size; i < bins.size(); ++i) p.back() += bins[i];
    double p_sum = 0.0;
    double q_sum = 0.0;
    for (std::size_t i = 0; i < size; ++i) {
      p_sum += p[i];
      q_sum += q[i];
    }
    double found = 0.0;
    for (std::size_t i = 0; i < size; ++i) {
      if (p[i] > 0.0) found += q[i] > 0.0 ? p[i] / p_sum * std::log(p[i] / p_sum / (q[i] / q_sum)) : INFINITY;
    }
    if (found < least) {
      least = found;
      best = size;
    }
  }
  return static_cast<double>(best);
}

/// No bin holds so much that it counts as an atom.
TEST(Ranges, DivergenceCutsAnOutlierWhereTheDefinitionSays) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::vector<double> values(20000);
  for (double& value : values) value = normal(generator);
  values.push_back(6.0);
  Distribution seen = distribution_of(values.data(), values.size(), true);
  Grid grid;
  grid.lowest = -8;
  grid.highest = 7;
  grid.symmetric = true;
  const Range range = choose_range(seen, RangeMethod::kKl, {}, grid);
  std::vector<double> bins(2048, 0.0);
  for (const double value : values) {
    bins[std::min<std::size_t>(static_cast<std::size_t>(std::abs(value) / 6.0 * 2048.0), 2047)] += 1.0;
  }
  EXPECT_NEAR(range.high, 6.0 * best_threshold(bins, 8) / 2048.0, 1e-9);
  EXPECT_LT(range.high, 5.0);
  EXPECT_GT(range.high, 1.0);
}

/// What a ReLU and a constant background make: values that many elements have exactly hardly move the threshold,
/// because a grid holds them as well as others; but they count when they are cut off.
TEST(Ranges, DivergenceIsNotMisledByRepeatedValues) {
  std::mt19937 generator(8);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::vector<double> values(40000);
  for (double& value : values) value = std::abs(normal(generator));
  const double greatest = *std::max_element(values.begin(), values.end());
  const auto threshold = [&](const std::vector<std::pair<double, std::size_t>>& repeated, int bits) {
    std::vector<double> all = values;
    for (const auto& [value, count] : repeated) all.resize(all.size() + count, value);
    Grid grid;
    grid.lowest = -(1 << (bits - 1));
    grid.highest = (1 << (bits - 1)) - 1;
    return choose_range(distribution_of(all.data(), all.size(), true), RangeMethod::kKl, {}, grid).high;
  };
  const double bin = greatest / 2048.0;
  for (const int bits : {8, 4}) {
    const double without = threshold({}, bits);
    EXPECT_GT(without, 0.4 * greatest);
    EXPECT_NEAR(threshold({{0.0, 60000}}, bits), without, 0.15 * greatest) << bits;
    EXPECT_NEAR(threshold({{0.0, 60000}, {16.5 * bin, 15000}, {18.5 * bin, 15000}}, bits), without, 0.15 * greatest);
    EXPECT_EQ(threshold({{greatest, 30000}}, bits), greatest) << "a third of all values lies there";
  }
}

TEST(Ranges, DivergenceInANetwork) {
  const Graph graph = random_network("lenet5", 23);
  const std::vector<FloatTensor> images = digit_images(4, 23);
  QuantizeOptions options;
  options.activation_range = RangeMethod::kKl;
  const double sqnr = sqnr_of_output(quantize(graph, images, options), graph, images);
  std::cout << "kl: SQNR " << sqnr << " dB\n";
  EXPECT_GT(sqnr, 30.0);
}

/// With 8 bits the automatic range is what was seen; with fewer that of the least squared error.
TEST(AutomaticRange, DependsOnTheWidth) {
  std::vector<double> values(1000, 0.05);
  for (std::size_t i = 0; i < values.size(); i += 2) values[i] = -0.07;
  values[1] = 1.0;
  const Distribution seen = distribution_of(values.data(), values.size(), false);
  for (int bits = 2; bits <= 8; ++bits) {
    SCOPED_TRACE(bits);
    Grid grid;
    grid.highest = highest_stored(bits);
    for (const bool symmetric : {false, true}) {
      grid.symmetric = symmetric;
      grid.lowest = symmetric ? -grid.highest : lowest_stored(bits);
      const RangeMethod expected = bits == 8 ? RangeMethod::kMinMax : RangeMethod::kMse;
      const Range range = choose_range(seen, RangeMethod::kAuto, {}, grid);
      EXPECT_EQ(range.high, choose_range(seen, expected, {}, grid).high);
      EXPECT_EQ(needs_histogram(grid, RangeMethod::kAuto), bits != 8);
      if (bits == 3) {
        EXPECT_LT(range.high, 0.5) << "one value far out must not make the others 0";
      }
    }
    grid.observer = true;
    EXPECT_EQ(method_on(grid, RangeMethod::kAuto), RangeMethod::kMinMax);
  }
}

/// Eight bits as ever; layers of other widths choose each for itself.
TEST(AutomaticRange, IsTheDefaultOfEveryLayer) {
  const Graph graph = random_network("lenet5", 3);
  const std::vector<FloatTensor> images = digit_images(2, 5);
  QuantizeOptions seen;
  seen.weight_range = seen.activation_range = RangeMethod::kMinMax;
  expect_same_network(quantize(graph, images, {}), quantize(graph, images, seen));
  QuantizeOptions mixed, least = seen;
  mixed.layer_weight_bits = least.layer_weight_bits = seen.layer_weight_bits = {{"conv2", 3}};
  mixed.layer_activation_bits = least.layer_activation_bits = seen.layer_activation_bits = {{"conv1", 4}};
  least.weight_range = least.activation_range = RangeMethod::kMse;
  for (const CalibrationOrder order : {CalibrationOrder::kAtOnce, CalibrationOrder::kLayerwise}) {
    mixed.calibration = least.calibration = seen.calibration = order;
    const QuantizedNetwork found = quantize(graph, images, mixed);
    EXPECT_EQ(found.layers[2].weight_scales, quantize(graph, images, least).layers[2].weight_scales);
    EXPECT_EQ(found.layers[0].weight_scales, quantize(graph, images, seen).layers[0].weight_scales);
    EXPECT_EQ(found.tensors[0].scale, quantize(graph, images, seen).tensors[0].scale);
    EXPECT_LT(found.tensors[1].scale, quantize(graph, images, seen).tensors[1].scale);
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
