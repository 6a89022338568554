// SPDX-License-Identifier: Apache-2.0
// The shared types: preset names, element counts, MAC counts, and the checks that stay on in every build.
#include <gtest/gtest.h>

#include "types/error.h"
#include "types/graph.h"
#include "types/preset.h"
#include "types/quantized_network.h"
#include "types/table_headers.h"
#include "types/tensor.h"

namespace systoliq {
namespace {

TEST(Preset, NamesRoundTrip) {
  for (std::size_t i = 0; i < kPresetNames.size(); ++i) {
    const auto preset = static_cast<Preset>(i);
    EXPECT_EQ(parse_preset(to_string(preset)), preset);
  }
  EXPECT_EQ(to_string(Preset::kTfliteRef), "tflite_ref");
  EXPECT_EQ(to_string(Preset::kOrtMlas), "ort_mlas");
  EXPECT_EQ(to_string(Preset::kPotHalfUp), "pot_half_up");
}

TEST(Preset, ShiftOnly) {
  for (std::size_t i = 0; i < kPresetNames.size(); ++i) {
    EXPECT_EQ(is_shift_only(static_cast<Preset>(i)), kPresetNames[i].substr(0, 4) == "pot_") << kPresetNames[i];
  }
}

/// What docs/numerics.md says of each, from the other side: by name.
TEST(Preset, TraitsFollowTheNames) {
  for (const PresetTraits& traits : kPresets) {
    const std::string name(traits.name);
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    EXPECT_EQ(traits.rounding == Rounding::kFloor, has("floor")) << name;
    EXPECT_EQ(traits.rounding == Rounding::kHalfEven, has("half_even") || has("ort_") || has("xnn_")) << name;
    EXPECT_EQ(traits.rounding == Rounding::kHalfAway, has("half_away") || has("tflite_ref") || has("litert_")) << name;
    EXPECT_EQ(traits.average_rounding == Rounding::kHalfEven, has("ort_")) << name;
    EXPECT_EQ(traits.add_form == AddForm::kSingleRounding, has("tflite_single") || has("pot_")) << name;
    EXPECT_EQ(traits.add_form == AddForm::kRatios, has("ort_mlas")) << name;
    EXPECT_EQ(traits.add_form == AddForm::kRatiosUp, has("xnn_")) << name;
    EXPECT_EQ(traits.add_form == AddForm::kFloat, has("ort_x86")) << name;
    EXPECT_EQ(is_16x8(traits.preset), has("_16x8")) << name;
    EXPECT_EQ(add_left_shift(traits.add_form), has("_16x8") ? 15 : 20) << name;
    EXPECT_FALSE(traits.description.empty()) << name;
  }
  EXPECT_THROW(traits_of(static_cast<Preset>(kPresets.size())), InternalError);
  EXPECT_THROW(is_shift_only(static_cast<Preset>(-1)), InternalError);
  EXPECT_FALSE(multiplier_suffices(Preset::kOrtMlas, 24));
  EXPECT_TRUE(multiplier_suffices(Preset::kOrtMlas, 25));
  EXPECT_FALSE(multiplier_suffices(Preset::kFloor, 0));
  EXPECT_TRUE(multiplier_suffices(Preset::kPotFloor, 0));
}

TEST(Preset, UnknownNameBad) {
  for (const char* name : {"", "tflite", "TFLITE_REF", "tflite_ref "}) {
    try {
      parse_preset(name);
      ADD_FAILURE() << "accepted '" << name << "'";
    } catch (const InputError& error) {
      for (const auto& accepted : kPresetNames) {
        EXPECT_NE(std::string(error.what()).find(accepted), std::string::npos) << error.what();
      }
    }
  }
}

TEST(Shape, ElementCount) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({1, 3, 7, 33}), 693);
  EXPECT_EQ(element_count({0, 1 << 30, 1 << 30}), 0);
  EXPECT_EQ(element_count({std::int64_t{1} << 40}), std::int64_t{1} << 40);
}

TEST(Shape, ElementCountBad) {
  EXPECT_THROW(element_count({3, -1}), InputError);
  EXPECT_THROW(element_count({(std::int64_t{1} << 40) + 1}), InputError);
  EXPECT_THROW(element_count({1 << 30, 1 << 30, 1 << 30}), InputError);
}

TEST(Shape, Text) {
  EXPECT_EQ(to_string(Shape{1, 6, 28, 28}), "[1, 6, 28, 28]");
  EXPECT_EQ(to_string(Shape{}), "[]");
}

TEST(Tensor, OwnsItsElements) {
  const IntTensor filled(Shape{2, 3}, 7);
  EXPECT_EQ(filled.data, std::vector<std::int32_t>(6, 7));
  EXPECT_THROW(IntTensor(Shape{2, 3}, std::vector<std::int32_t>(5)), InternalError);
}

TEST(MacCount, CountsEveryTapOfEveryOutput) {
  QuantizedNetwork network;
  network.tensors = {{"x", {1, 6, 14, 14}, 1.0F, 0, 8, 0}, {"y", {1, 16, 10, 9}, 1.0F, 0, 8, 0}};
  QuantizedLayer layer;
  layer.inputs = {0};
  layer.output = 1;
  layer.weights = IntTensor(Shape{16, 3, 5, 5});  // two groups
  layer.groups = 2;
  EXPECT_EQ(mac_count(layer, network), 16 * 10 * 9 * 3 * 5 * 5);
  layer.op = LayerOp::kMaxPool;
  EXPECT_EQ(mac_count(layer, network), 0);
}

TEST(TableHeaders, OrdinaryHeadersPass) {
  for (const char* text : {"", "[array]\n[ \"a b\" ]\n[[x]]\r\n[]", "# [%]\nkey = [1]\n", "[", "  [-_9]"}) {
    EXPECT_NO_THROW(check_table_headers(text, "file")) << text;
  }
}

TEST(TableHeaders, Bad) {
  for (const char* text : {"[%]", "\n [[[", "[ [a]]", "a = 1\n[.a]", "[=", "[\xff]", "[#"}) {
    EXPECT_THROW(check_table_headers(text, "file"), InputError) << text;
  }
  try {
    check_table_headers("a = 1\n\n[[[[", "some.toml");
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("some.toml:3: ", 0), 0U) << error.what();
  }
}

TEST(Check, StaysOnInRelease) {
  EXPECT_NO_THROW(check(true, "fine"));
  EXPECT_THROW(check(false, "broken"), InternalError);
  EXPECT_THROW(check(false, std::string("broken")), InternalError);
}

TEST(LayerOp, EveryOperationHasItsName) {
  EXPECT_STREQ(to_string(LayerOp::kConvolution), "Conv");
  EXPECT_STREQ(to_string(LayerOp::kPad), "Pad");
  EXPECT_STREQ(to_string(LayerOp::kMove), "Move");
  EXPECT_STREQ(to_string(LayerOp::kConvTranspose), "ConvTranspose");
}

/// A value [1, 2, 3] of channels last in a tensor of 3 channels and 2 pixels.
TEST(Layout, PutsElementsInBothOrders) {
  const Layout layout = {{{0}, {0, 1}, {0, 2, 4}}, {1, 2, 3}};
  const std::vector<int> stored = {10, 11, 20, 21, 30, 31};
  const std::vector<int> graph = {10, 20, 30, 11, 21, 31};
  EXPECT_EQ(layout.to_graph(stored), graph);
  EXPECT_EQ(layout.to_tensor(graph), stored);
  EXPECT_EQ(Layout{}.to_graph(stored), stored);
  EXPECT_THROW(layout.to_graph(std::vector<int>{1}), InternalError);
}

}  // namespace
}  // namespace systoliq
