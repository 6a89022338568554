// SPDX-License-Identifier: Apache-2.0
// Which kernel taps a first layer lays side by side, and that no layer packs where nothing is gained.
#include "model/compiler/kernel_tap_packing.h"

#include <gtest/gtest.h>

#include "compiler_networks.h"

namespace systoliq::model {
namespace {

PackedGeometry packing_of(int rows, const Window& window, int input_channels, const Shape& output) {
  AcceleratorConfig config;
  config.array.rows = rows;
  Convolution convolution;
  convolution.window = window;
  convolution.channels = static_cast<int>(output[1]);
  return choose_packing(convolution, input_channels, output, config);
}

std::int64_t passes_of(const PackedGeometry& g) { return std::int64_t{g.window.kernel_height} * g.window.kernel_width; }

TEST(KernelTapPacking, OneChannelFillsTheRows) {
  const PackedGeometry g = packing_of(16, test::square(5), 1, {1, 6, 28, 28});
  ASSERT_TRUE(g.packing.active());
  EXPECT_LE(passes_of(g), 3) << "25 taps in 16 lanes, instead of 25 passes";
  EXPECT_EQ(g.lanes, g.packing.kernel_rows * g.packing.kernel_columns);
  EXPECT_LE(g.lanes, 16);
}

TEST(KernelTapPacking, ThreeChannels) {
  const PackedGeometry g = packing_of(16, test::square(3, 1, 1), 3, {1, 64, 32, 32});
  ASSERT_TRUE(g.packing.active());
  EXPECT_LE(g.lanes, 16);
  EXPECT_EQ(g.lanes, g.packing.kernel_rows * g.packing.kernel_columns * 3);
  EXPECT_LE(passes_of(g), 3);
}

TEST(KernelTapPacking, AsManyChannelsAsRowsStayPlain) {
  EXPECT_FALSE(packing_of(16, test::square(3), 16, {1, 8, 10, 10}).packing.active());
  EXPECT_FALSE(packing_of(16, test::square(3), 17, {1, 8, 10, 10}).packing.active());
  EXPECT_FALSE(packing_of(16, test::square(1), 3, {1, 8, 10, 10}).packing.active()) << "one tap";
  EXPECT_FALSE(packing_of(1, test::square(3), 1, {1, 8, 10, 10}).packing.active()) << "one lane";
}

/// Every tap must lie in exactly one lane of exactly one pass: pixel of word (oy, ky) times step plus offset in word.
TEST(KernelTapPacking, EveryTapIsReachedExactly) {
  for (const int rows : {2, 3, 7, 16, 33, 256}) {
    for (const int channels : {1, 2, 3, 5}) {
      for (const int kernel : {1, 2, 3, 5, 7}) {
        for (const int stride : {1, 2, 3}) {
          for (const int dilation : {1, 2}) {
            Window w = test::square(kernel, stride, 1);
            w.dilation_height = w.dilation_width = dilation;
            const PackedGeometry g = packing_of(rows, w, channels, {1, 4, 6, 5});
            if (!g.packing.active()) continue;
            ASSERT_LE(g.lanes, rows);
            for (int oy = 0; oy < 6; ++oy) {
              for (int ky = 0; ky < kernel; ++ky) {
                const int word = oy * g.window.stride_height + ky / g.packing.kernel_rows * g.window.dilation_height;
                const int row = word * g.row_step + ky % g.packing.kernel_rows * dilation;
                ASSERT_EQ(row, oy * stride + ky * dilation) << rows << " " << channels << " " << kernel;
              }
            }
            for (int ox = 0; ox < 5; ++ox) {
              for (int kx = 0; kx < kernel; ++kx) {
                const int word = ox * g.window.stride_width + kx / g.packing.kernel_columns * g.window.dilation_width;
                const int column = word * g.column_step + kx % g.packing.kernel_columns;  // pixels lie side by side
                const int expected = ox * stride + kx * dilation;
                ASSERT_EQ(column, expected) << rows << " " << channels << " " << kernel;
              }
            }
          }
        }
      }
    }
  }
}

TEST(KernelTapPacking, FirstLayerOfANetworkOnly) {
  AcceleratorConfig config;
  const QuantizedNetwork network =
      test::NetworkBuilder({1, 1, 12, 12}).convolution(3, test::square(3)).convolution(4, test::square(3)).build();
  const Program program = compile(network, config);
  EXPECT_TRUE(program.packing.at(0).active());
  EXPECT_FALSE(program.packing.at(1).active()) << "its input never lies in memory";
  for (const TensorPlacement& placement : program.placements) {
    if (placement.tensor != 0) continue;
    EXPECT_EQ(placement.lanes, 1) << "only the pixels themselves are stored";
    EXPECT_EQ(placement.word_bytes, 1);
  }
  test::expect_runs_like_reference(network, program, config, Level::kTransaction);
}

}  // namespace
}  // namespace systoliq::model
