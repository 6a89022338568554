// SPDX-License-Identifier: Apache-2.0
// Layers against dumped arrays: the first place that differs, what the numbers mean, layouts, shapes, names.
#include "tb/against/against.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tb/data/dataset.h"
#include "tests/tb/data/temporary_folder.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

/// x [1, 2, 3, 4] -> 'first/one' [1, 3, 2, 4] -> 'second' [1, 5, 1, 1]; unsigned in ONNX.
QuantizedNetwork network() {
  QuantizedNetwork network;
  network.tensors = {{"x", {1, 2, 3, 4}, 0.25F, -3, 8, 128},
                     {"a/b", {1, 3, 2, 4}, 0.5F, 10, 8, 128},
                     {"v", {1, 5, 1, 1}, 0.1F, 0, 8, 0}};
  QuantizedLayer first;
  first.name = "first";
  first.inputs = {0};
  first.output = 1;
  QuantizedLayer second = first;
  second.name = "second";
  second.inputs = {1};
  second.output = 2;
  network.layers = {first, second};
  network.inputs = {0};
  network.outputs = {2};
  return network;
}

class Against : public testing::Test {
 protected:
  Against() {
    for (int image = 0; image < 2; ++image) {
      std::vector<IntTensor> tensors;
      for (const QuantizedTensor& tensor : network_.tensors) {
        IntTensor values(tensor.shape);
        for (std::size_t i = 0; i < values.data.size(); ++i) values.data[i] = static_cast<int>(i) * 5 - 60 + image;
        tensors.push_back(std::move(values));
      }
      outputs_.push_back(std::move(tensors));
    }
    options_.folder = folder_ / "";
  }

  /// All images of a tensor, [2, c, h, w], as stored.
  IntTensor batch(int tensor) const {
    Shape shape = nth(network_.tensors, tensor).shape;
    shape[0] = 2;
    IntTensor all(shape);
    all.data.clear();
    for (const auto& image : outputs_) {
      const IntTensor& one = nth(image, tensor);
      all.data.insert(all.data.end(), one.data.begin(), one.data.end());
    }
    return all;
  }

  FloatTensor real_batch(int tensor) const {
    const IntTensor stored = batch(tensor);
    const QuantizedTensor& as = nth(network_.tensors, tensor);
    FloatTensor real(stored.shape);
    for (std::size_t i = 0; i < real.data.size(); ++i) {
      real.data[i] = static_cast<float>(stored.data[i] - as.zero_point) * as.scale;
    }
    return real;
  }

  /// uint8, which write_npy() does not write.
  void write_bytes(const std::string& name, const IntTensor& values) const {
    write_npy(folder_ / name, values);
    Bytes bytes = read_bytes(folder_ / name);
    std::string text(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(4 * values.data.size()));
    text.replace(text.find("<i4"), 3, "|u1");
    bytes.assign(text.begin(), text.end());
    for (const std::int32_t value : values.data) bytes.push_back(static_cast<std::uint8_t>(value));
    write_plain(folder_ / name, bytes);
  }

  void write_text(const std::string& name, const std::string& text) const {
    write_plain(folder_ / name, Bytes(text.begin(), text.end()));
  }

  AgainstReport compare() const { return compare_against(network_, outputs_, options_); }

  QuantizedNetwork network_ = network();
  std::vector<std::vector<IntTensor>> outputs_;
  TemporaryFolder folder_;
  AgainstOptions options_;
};

TEST_F(Against, EqualArraysOfEveryMeaningAgree) {
  write_npy(folder_ / "x.npy", real_batch(0));
  IntTensor quantized = batch(1);
  for (std::int32_t& value : quantized.data) value += 128;
  write_bytes("a_b.npy", quantized);
  write_npy(folder_ / "v.npy", real_batch(2));
  write_npy(folder_ / "v.int.npy", batch(2));
  const AgainstReport report = compare();
  EXPECT_TRUE(report.agree());
  ASSERT_EQ(report.arrays.size(), 4U);
  EXPECT_EQ(report.arrays[0].layer, "(input)");
  EXPECT_EQ(report.arrays[0].meaning, ArrayMeaning::kReal);
  EXPECT_EQ(report.arrays[1].meaning, ArrayMeaning::kQuantized);
  EXPECT_EQ(report.arrays[3].meaning, ArrayMeaning::kStored);
  EXPECT_EQ(report.arrays[1].elements, 48);
  EXPECT_TRUE(report.missing.empty());
  EXPECT_TRUE(report.surplus.empty());
  EXPECT_NE(to_text(report).find("no difference"), std::string::npos);
}

TEST_F(Against, NamesTheFirstPlaceInTheOrderOfExecution) {
  IntTensor first = batch(1);
  first.data[24 + (2 * 2 + 1) * 4 + 3] += 4;  // image 1, channel 2, row 1, column 3
  first.data[24 + (1 * 2 + 0) * 4 + 2] -= 9;  // image 1, channel 1, row 0, column 2
  write_npy(folder_ / "first.npy", first);    // by the layer's name; the tensor's has no array
  IntTensor second = batch(2);
  second.data[0] += 1;
  write_npy(folder_ / "v.npy", second);
  const AgainstReport report = compare();
  EXPECT_FALSE(report.agree());
  const ArrayComparison* found = report.first_difference();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->layer, "first");
  EXPECT_EQ(found->differing, 2);
  EXPECT_EQ(found->largest, 9);
  ASSERT_TRUE(found->first);
  EXPECT_EQ(found->first->image, 1);
  EXPECT_EQ(found->first->channel, 1);
  EXPECT_EQ(found->first->row, 0);
  EXPECT_EQ(found->first->column, 2);
  EXPECT_EQ(found->first->there, found->first->here - 9);
  EXPECT_EQ(report.arrays.back().differing, 1);
  EXPECT_NE(
      to_text(report).find("first difference: layer 'first', first.npy, image 1, channel 1, row 0, column 2: here"),
      std::string::npos)
      << to_text(report);
  EXPECT_NE(to_json(report).find("\"first_differing_layer\": \"first\""), std::string::npos) << to_json(report);
}

TEST_F(Against, ChannelsLastIsConverted) {
  outputs_.resize(1);
  const IntTensor& ours = outputs_[0][1];  // [1, 3, 2, 4]
  IntTensor theirs({2, 4, 3});             // one image without its axis
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 2; ++y) {
      for (int x = 0; x < 4; ++x) nth(theirs.data, (y * 4 + x) * 3 + c) = nth(ours.data, (c * 2 + y) * 4 + x);
    }
  }
  theirs.data[(1 * 4 + 2) * 3 + 0] += 2;  // row 1, column 2, channel 0
  write_npy(folder_ / "a_b.npy", theirs);
  options_.layout = ArrayLayout::kNhwc;
  const AgainstReport report = compare();
  ASSERT_TRUE(report.arrays.at(0).first);
  EXPECT_EQ(report.arrays[0].differing, 1);
  EXPECT_EQ(report.arrays[0].first->channel, 0);
  EXPECT_EQ(report.arrays[0].first->row, 1);
  EXPECT_EQ(report.arrays[0].first->column, 2);
  options_.layout = ArrayLayout::kNchw;
  EXPECT_NE(compare().arrays.at(0).refused.find("shape [2, 4, 3]; here it is [3, 2, 4] or [1, 3, 2, 4]"),
            std::string::npos);
}

TEST_F(Against, ShapesAreComparedBeforeElements) {
  write_npy(folder_ / "a_b.npy", IntTensor({2, 3, 4, 2}));
  Bytes bytes = read_bytes(folder_ / "a_b.npy");
  bytes.resize(bytes.size() - 100);  // whoever reads the elements fails
  write_plain(folder_ / "a_b.npy", bytes);
  write_npy(folder_ / "v.npy", IntTensor({2, 5}, batch(2).data));  // a vector without its row and column
  const AgainstReport report = compare();
  EXPECT_FALSE(report.agree());
  EXPECT_EQ(report.arrays.at(0).refused, "shape [2, 3, 4, 2]; here it is [2, 3, 2, 4]");
  EXPECT_EQ(report.arrays.at(0).elements, 0);
  EXPECT_EQ(report.arrays.at(1).refused, "");
  EXPECT_EQ(report.arrays.at(1).elements, 10);
  EXPECT_NE(to_text(report).find("first difference: layer 'first', a_b.npy, whose shape does not fit"),
            std::string::npos);
}

TEST_F(Against, MissingAndSurplusFilesAreNamed) {
  write_npy(folder_ / "v.npy", batch(2));
  write_npy(folder_ / "other.npy", batch(2));
  std::filesystem::create_directory(folder_ / "deep");
  write_npy(folder_ / "deep/more.npy", batch(2));
  const AgainstReport report = compare();
  EXPECT_TRUE(report.agree());
  EXPECT_EQ(report.missing, std::vector<std::string>{"first"});
  EXPECT_EQ(report.surplus, (std::vector<std::string>{"deep/more.npy", "other.npy"}));
  EXPECT_NE(to_text(report).find("missing, layers without an array: first\n"), std::string::npos);
  EXPECT_NE(to_text(report).find("surplus, arrays of no layer: deep/more.npy, other.npy\n"), std::string::npos);
}

TEST_F(Against, ToleranceCountsStepsOfTheScale) {
  FloatTensor real = real_batch(1);
  for (float& value : real.data) value += 0.5F;  // one step
  write_npy(folder_ / "a_b.npy", real);
  EXPECT_EQ(compare().arrays.at(0).differing, 48);
  EXPECT_EQ(compare().arrays.at(0).largest, 0.5);
  options_.tolerance = 1;
  EXPECT_TRUE(compare().agree());
  options_.tolerance = 0.9;
  EXPECT_FALSE(compare().agree());
}

TEST_F(Against, AMapTellsWhichFileIsWhich) {
  write_npy(folder_ / "t0.npy", batch(1));
  write_npy(folder_ / "t1.npy", real_batch(2));
  write_npy(folder_ / "t1.int.npy", batch(2));
  write_text("names.json", R"({"a/b": "t0.npy", "second": ["t1.npy"]})");
  AgainstReport report = compare();
  EXPECT_TRUE(report.agree());
  ASSERT_EQ(report.arrays.size(), 3U);
  EXPECT_EQ(report.arrays[0].file, "t0.npy");
  EXPECT_EQ(report.arrays[2].file, "t1.int.npy");
  write_text("other.json", R"({"second": "t0.npy"})");
  options_.names = folder_ / "other.json";
  report = compare();
  EXPECT_EQ(report.missing, std::vector<std::string>{"first"});
  EXPECT_NE(report.arrays.at(0).refused, "");
}

TEST_F(Against, AnOutputIsAlsoCalledAsInTheGraph) {
  network_.output_names = {"probabilities"};
  write_npy(folder_ / "probabilities.npy", batch(2));
  EXPECT_EQ(compare().arrays.at(0).layer, "second");
  network_.outputs = {kHostValue};  // then that name means what the host computes
  expect_refused([&] { compare(); }, {"has no array of a layer"});
}

TEST_F(Against, Bad) {
  expect_refused([&] { compare(); }, {"has no array of a layer", "a/b.npy"});
  write_npy(folder_ / "v.npy", batch(2));
  const auto expect_map_refused = [&](const std::string& text, const std::vector<std::string>& said) {
    write_text("names.json", text);
    expect_refused([&] { compare(); }, said);
  };
  expect_map_refused("[1]", {"names.json", "is no JSON object"});
  expect_map_refused("{", {"names.json", "is no JSON object"});
  expect_map_refused(R"({"v": 1})", {"names.json", "'v' is given 1", "accepted"});
  expect_map_refused(R"({"v": "w.npy"})", {"'v' is given 'w.npy'", "no such array"});
  expect_map_refused(R"({"v": "../v.npy"})", {"'v' is given '../v.npy'", "no such array"});
  expect_map_refused(R"({"v": "v.npy", "a/b": "v.npy"})", {"layer 'first'", "layer 'second'", "--names"});
  std::filesystem::remove(folder_ / "names.json");
  write_text("v.npy", "no array");
  expect_refused([&] { compare(); }, {"v.npy", "is no .npy file"});
  options_.folder = folder_ / "nowhere";
  expect_refused([&] { compare(); }, {"nowhere", "is no folder"});
  options_.folder = folder_ / "";
  options_.names = folder_ / "nowhere.json";
  expect_refused([&] { compare(); }, {"nowhere.json", "cannot be read"});
}

}  // namespace
}  // namespace systoliq::tb
