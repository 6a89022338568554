// SPDX-License-Identifier: Apache-2.0
// The reference's layers against loops written straight from their definitions.
#include "sw_ref/reference/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "sw_ref/reference/reference.h"
#include "sw_ref/reference/requantization.h"

namespace systoliq::sw_ref {
namespace {

struct Geometry {
  std::int64_t channels, filters, height, width;
  int groups;
  Window window;
};

std::int64_t extent(std::int64_t in, int kernel, int stride, int dilation, int before, int after) {
  return (in + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

IntTensor random_tensor(const Shape& shape, int low, int high, std::mt19937* random) {
  IntTensor tensor(shape);
  for (auto& value : tensor.data) value = std::uniform_int_distribution<int>(low, high)(*random);
  return tensor;
}

QuantizedNetwork convolution(const Geometry& g, std::mt19937* random) {
  const Window& w = g.window;
  QuantizedNetwork network;
  network.preset = Preset::kHalfEven;
  const Shape out = {1, g.filters,
                     extent(g.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, w.pad_bottom),
                     extent(g.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, w.pad_right)};
  network.tensors = {{"x", {1, g.channels, g.height, g.width}, 0.5F, -3, 8, 0}, {"y", out, 8.0F, 5, 8, 0}};
  QuantizedLayer layer;
  layer.name = "conv";
  layer.inputs = {0};
  layer.output = 1;
  layer.window = w;
  layer.groups = g.groups;
  layer.weights = random_tensor({g.filters, g.channels / g.groups, w.kernel_height, w.kernel_width}, -127, 127, random);
  layer.weight_zero_point = 2;
  for (std::int64_t o = 0; o < g.filters; ++o) {
    layer.weight_scales.push_back(0.01F * static_cast<float>(o + 1));
    layer.bias.push_back(std::uniform_int_distribution<int>(-5000, 5000)(*random));
  }
  network.layers = {layer};
  network.inputs = {0};
  network.outputs = {1};
  return network;
}

struct Tap {
  std::int64_t x, w;
};

/// The products of one output, pass by pass, straight from types/accumulation.h; absent taps supply the zero point.
std::vector<std::vector<Tap>> passes(const QuantizedNetwork& network, const IntTensor& input, std::int64_t o,
                                     std::int64_t oy, std::int64_t ox, int rows, KernelTapPacking packing) {
  const QuantizedLayer& l = network.layers[0];
  const Shape& in = input.shape;
  const std::int64_t group_channels = l.weights.shape[1];
  const std::int64_t first = o / (l.weights.shape[0] / l.groups) * group_channels;
  const auto tap = [&](std::int64_t ky, std::int64_t kx, std::int64_t i) -> Tap {
    const std::int64_t iy = oy * l.window.stride_height + ky * l.window.dilation_height - l.window.pad_top;
    const std::int64_t ix = ox * l.window.stride_width + kx * l.window.dilation_width - l.window.pad_left;
    const bool inside = iy >= 0 && iy < in[2] && ix >= 0 && ix < in[3];
    const std::int64_t x = inside ? input.data[static_cast<std::size_t>(((first + i) * in[2] + iy) * in[3] + ix)]
                                  : network.tensors[0].zero_point;
    const std::int64_t at = ((o * group_channels + i) * l.window.kernel_height + ky) * l.window.kernel_width + kx;
    return {x, l.weights.data[static_cast<std::size_t>(at)] - l.weight_zero_point};
  };
  std::vector<std::vector<Tap>> result;
  const int row_step = packing.active() ? packing.kernel_rows : 1;
  const int column_step = packing.active() ? packing.kernel_columns : 1;
  for (int row = 0; row < l.window.kernel_height; row += row_step) {
    for (int column = 0; column < l.window.kernel_width; column += column_step) {
      result.emplace_back();
      for (int ky = row; ky < std::min(row + row_step, l.window.kernel_height); ++ky) {
        for (int kx = column; kx < std::min(column + column_step, l.window.kernel_width); ++kx) {
          for (std::int64_t i = 0; i < group_channels; ++i) {
            if (!packing.active() && i > 0 && (first + i) % rows == 0) result.emplace_back();
            result.back().push_back(tap(ky, kx, i));
          }
        }
      }
    }
  }
  return result;
}

std::int64_t hold(std::int64_t value, const AccumulationOrder& order, std::int64_t* overflows) {
  const std::int64_t modulus = std::int64_t{1} << order.accumulator_bits;
  const std::int64_t high = modulus / 2 - 1;
  if (value <= high && value >= -high - 1) return value;
  ++*overflows;
  if (order.overflow == Overflow::kSaturate) return value > high ? high : -high - 1;
  while (value > high) value -= modulus;
  while (value < -high - 1) value += modulus;
  return value;
}

void expect_convolution(const Geometry& g, const AccumulationOrder& order, KernelTapPacking packing,
                        std::int64_t* overflows_seen) {
  std::mt19937 random(static_cast<unsigned>(g.channels * 131 + g.filters * 7 + g.height));
  const QuantizedNetwork network = convolution(g, &random);
  const QuantizedLayer& l = network.layers[0];
  const IntTensor input = random_tensor(network.tensors[0].shape, -128, 127, &random);
  std::int64_t overflows = -1;
  const IntTensor output = run_layer(network, 0, {&input}, order, packing, &overflows);
  const Shape& out = network.tensors[1].shape;
  std::int64_t expected_overflows = 0;
  for (std::int64_t o = 0; o < out[1]; ++o) {
    const auto r =
        derive_requantization(network.preset, 0.5F, l.weight_scales[static_cast<std::size_t>(o)], 8.0F, false);
    std::int64_t weight_sum = 0;
    const std::int64_t filter_size = element_count(l.weights.shape) / out[1];
    for (std::int64_t i = 0; i < filter_size; ++i) {
      weight_sum += l.weights.data[static_cast<std::size_t>(o * filter_size + i)] - l.weight_zero_point;
    }
    for (std::int64_t y = 0; y < out[2]; ++y) {
      for (std::int64_t x = 0; x < out[3]; ++x) {
        std::int64_t sum = l.bias[static_cast<std::size_t>(o)] - network.tensors[0].zero_point * weight_sum;
        for (const auto& pass : passes(network, input, o, y, x, order.rows, packing)) {
          std::int64_t partial = 0;
          const bool stationary_output = order.dataflow == Dataflow::kOutputStationary;
          for (const Tap& tap : pass) {
            std::int64_t& target = stationary_output ? sum : partial;
            target = hold(target + tap.x * tap.w, order, &expected_overflows);
          }
          if (!stationary_output) sum = hold(sum + partial, order, &expected_overflows);
        }
        const std::int64_t expected = std::clamp<std::int64_t>(apply_requantization(r, sum) + 5, -128, 127);
        ASSERT_EQ(output.data[static_cast<std::size_t>((o * out[2] + y) * out[3] + x)], expected)
            << "channel " << o << " at " << y << ", " << x;
      }
    }
  }
  EXPECT_EQ(overflows, expected_overflows);
  *overflows_seen += overflows;
}

const std::vector<Geometry>& geometries() {
  static const std::vector<Geometry> kGeometries = {
      {1, 1, 1, 1, 1, {}},
      {3, 7, 9, 7, 1, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}},
      {15, 5, 7, 9, 1, {5, 3, 2, 1, 1, 1, 2, 0, 1, 2}},
      {33, 3, 8, 8, 1, {3, 2, 1, 3, 2, 1, 0, 1, 2, 0}},
      {8, 8, 6, 6, 8, {3, 3, 2, 2, 1, 1, 0, 0, 1, 1}},
      {30, 15, 5, 4, 3, {1, 3, 1, 1, 1, 1, 0, 1, 0, 1}},
      {784, 10, 1, 1, 1, {}},
  };
  return kGeometries;
}

TEST(Convolve, EqualsDefinition) {
  std::int64_t overflows = 0;
  for (const Geometry& g : geometries()) expect_convolution(g, AccumulationOrder{}, {}, &overflows);
  EXPECT_EQ(overflows, 0);
}

constexpr Dataflow kDataflows[] = {Dataflow::kWeightStationary, Dataflow::kOutputStationary};

class NarrowAccumulators : public testing::TestWithParam<Dataflow> {};

INSTANTIATE_TEST_SUITE_P(Dataflows, NarrowAccumulators, testing::ValuesIn(kDataflows), [](const auto& parameter) {
  return std::string(parameter.param == Dataflow::kWeightStationary ? "weight_stationary" : "output_stationary");
});

TEST_P(NarrowAccumulators, FollowTheOrder) {
  const Dataflow dataflow = GetParam();
  for (const Overflow overflow : {Overflow::kWrap, Overflow::kSaturate}) {
    std::int64_t overflows = 0;
    for (const int bits : {12, 15, 16, 20, 31}) {
      for (const int rows : {1, 7, 16}) {
        for (const Geometry& g : geometries())
          expect_convolution(g, {rows, bits, overflow, dataflow, 32}, {}, &overflows);
      }
    }
    EXPECT_GT(overflows, 1000);
  }
}

TEST_P(NarrowAccumulators, FollowTapPacking) {
  const Dataflow dataflow = GetParam();
  std::int64_t overflows = 0;
  for (const KernelTapPacking packed : {KernelTapPacking{1, 3}, KernelTapPacking{2, 3}, KernelTapPacking{3, 3},
                                        KernelTapPacking{2, 2}, KernelTapPacking{5, 1}}) {
    for (std::size_t i = 1; i < 4; ++i) {
      expect_convolution(geometries()[i], {256, 15, Overflow::kSaturate, dataflow, 32}, packed, &overflows);
    }
  }
  EXPECT_GT(overflows, 100);
}

TEST(Convolve, DisagreeingShapesBad) {
  std::mt19937 random(1);
  QuantizedNetwork network = convolution(geometries()[1], &random);
  const IntTensor input = random_tensor(network.tensors[0].shape, -128, 127, &random);
  network.tensors[1].shape[2] += 1;
  EXPECT_THROW(run_layer(network, 0, {&input}, {}, {}, nullptr), InternalError);
}

QuantizedNetwork one_layer(LayerOp op, const Shape& in, const Shape& out, int inputs = 1) {
  QuantizedNetwork network;
  network.tensors = {{"a", in, 0.5F, 3, 8, 0}, {"b", in, 0.5F, 3, 8, 0}, {"y", out, 0.5F, 3, 8, 0}};
  QuantizedLayer layer;
  layer.name = "layer";
  layer.op = op;
  layer.inputs = inputs == 1 ? std::vector<int>{0} : std::vector<int>{0, 1};
  layer.output = 2;
  network.layers = {layer};
  network.inputs = layer.inputs;
  network.outputs = {2};
  return network;
}

IntTensor run(const QuantizedNetwork& network, const std::vector<const IntTensor*>& inputs) {
  return run_layer(network, 0, inputs, {}, {}, nullptr);
}

TEST(Pooling, SkipsPadding) {
  QuantizedNetwork network = one_layer(LayerOp::kMaxPool, {1, 1, 3, 3}, {1, 1, 2, 2});
  network.layers[0].window = {2, 2, 2, 2, 1, 1, 1, 1, 0, 0};
  const IntTensor input({1, 1, 3, 3}, {-9, -8, -7, -6, -5, -4, -3, -2, -1});
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{-9, -7, -3, -1}));
  network.layers[0].op = LayerOp::kAveragePool;
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{-9, -8, -5, -3}));  // -7.5 and -4.5 go away from 0
  network.layers[0].count_include_pad = true;  // absent taps count as the zero point 3: (-9 + 9) / 4, (-15 + 6) / 4 …
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{0, -2, -1, -3}));
  network.layers[0].clamp_min = -1;
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{0, -1, -1, -1}));
}

TEST(Pooling, WindowWhollyInPaddingBad) {
  QuantizedNetwork network = one_layer(LayerOp::kMaxPool, {1, 1, 1, 1}, {1, 1, 2, 1});
  network.layers[0].window = {1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
  const IntTensor input({1, 1, 1, 1}, {4});
  EXPECT_THROW(run(network, {&input}), InternalError);
}

TEST(Elementwise, AddCentersBothOperands) {
  QuantizedNetwork network = one_layer(LayerOp::kAdd, {1, 4, 1, 1}, {1, 4, 1, 1}, 2);
  network.tensors[1].zero_point = -1;
  const IntTensor a({1, 4, 1, 1}, {3, 127, -128, 10});
  const IntTensor b({1, 4, 1, 1}, {-1, 127, -128, 20});
  EXPECT_EQ(run(network, {&a, &b}).data, (std::vector<std::int32_t>{3, 127, -128, 31}));
}

TEST(Elementwise, WideAddRefusedOnlyWhereItWraps) {
  QuantizedNetwork network = one_layer(LayerOp::kAdd, {1, 1, 1, 1}, {1, 1, 1, 1}, 2);
  for (auto& tensor : network.tensors) tensor.bits = 12;
  const IntTensor a({1, 1, 1, 1}, {5});
  EXPECT_THROW(run(network, {&a, &a}), InputError);
  network.preset = Preset::kTfliteSingle;
  EXPECT_EQ(run(network, {&a, &a}).data[0], 7);
  network.preset = Preset::kOrtMlas;
  EXPECT_EQ(run(network, {&a, &a}).data[0], 7);
}

TEST(Elementwise, LookupIndexesFromTheLowest) {
  QuantizedNetwork network = one_layer(LayerOp::kLookup, {1, 1, 1, 3}, {1, 1, 1, 3});
  for (int i = 0; i < 256; ++i) network.layers[0].lookup.push_back(127 - i);
  const IntTensor input({1, 1, 1, 3}, {-128, 0, 127});
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{127, -1, -128}));
}

TEST(Elementwise, ConcatNeedsEqualScales) {
  QuantizedNetwork network = one_layer(LayerOp::kConcat, {1, 1, 1, 2}, {1, 2, 1, 2}, 2);
  const IntTensor a({1, 1, 1, 2}, {1, 2});
  const IntTensor b({1, 1, 1, 2}, {3, 4});
  EXPECT_EQ(run(network, {&a, &b}).data, (std::vector<std::int32_t>{1, 2, 3, 4}));
  network.tensors[1].zero_point = 0;
  EXPECT_THROW(run(network, {&a, &b}), InputError);
}

TEST(Elementwise, PadSuppliesTheZeroPoint) {
  QuantizedNetwork network = one_layer(LayerOp::kPad, {1, 2, 1, 2}, {1, 2, 2, 3});
  network.layers[0].window.pad_top = 1;
  network.layers[0].window.pad_right = 1;
  const IntTensor input({1, 2, 1, 2}, {1, 2, 4, 5});
  EXPECT_EQ(run(network, {&input}).data, (std::vector<std::int32_t>{3, 3, 3, 1, 2, 3, 3, 3, 3, 4, 5, 3}));
}

TEST(RunReference, ForcedTensorsReplaceInputsOfLaterLayers) {
  QuantizedNetwork network = one_layer(LayerOp::kLookup, {1, 1, 1, 1}, {1, 1, 1, 1});
  for (int i = 0; i < 256; ++i) network.layers[0].lookup.push_back(std::min(i - 128 + 10, 127));
  network.layers.push_back(network.layers[0]);
  network.layers[1].inputs = {2};
  network.layers[1].output = 1;
  const IntTensor input({1, 1, 1, 1}, {1});
  EXPECT_EQ(run_reference(network, {{0, input}}, {}).tensors[1].data[0], 21);
  const IntTensor forced({1, 1, 1, 1}, {50});
  const ReferenceResult result = run_reference(network, {{0, input}}, {}, {}, {{2, forced}});
  EXPECT_EQ(result.tensors[2].data[0], 11);
  EXPECT_EQ(result.tensors[1].data[0], 60);
}

TEST(RunReference, BadInputs) {
  const QuantizedNetwork network = one_layer(LayerOp::kMaxPool, {1, 1, 1, 1}, {1, 1, 1, 1});
  EXPECT_THROW(run_reference(network, {}, {}), InputError);
  EXPECT_THROW(run_reference(network, {{0, IntTensor({1, 1, 1, 2})}}, {}), InputError);
  EXPECT_THROW(run_reference(network, {{0, IntTensor({1, 1, 1, 1}, {128})}}, {}), InputError);
  EXPECT_THROW(run_reference(network, {{0, IntTensor({1, 1, 1, 1}, {-129})}}, {}), InputError);
}

}  // namespace
}  // namespace systoliq::sw_ref
