// SPDX-License-Identifier: Apache-2.0
// Initializers of every stored type, raw, in typed fields and in files beside the model.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;
using test::bytes;
using test::integer;

constexpr int kFloat16 = 10, kDouble = 11, kBfloat16 = 16, kUint16 = 4, kInt16 = 5, kUint4 = 21, kInt4 = 22;

/// y = x + w with w as given, or with w dequantized by scale 1 where it is an integer tensor.
std::string adding(const std::string& tensor_fields, bool integers = false) {
  const std::string head = test::input("x", {"1", "3"}) + test::output("y", {"1", "3"}) + bytes(5, tensor_fields);
  if (!integers) return test::model(test::node("Add", {"x", "w"}, "y") + head, 21, 10);
  return test::model(test::node("DequantizeLinear", {"w", "s"}, "d") + test::node("Add", {"x", "d"}, "y") + head +
                         test::floats("s", {}, {1.0F}),
                     21, 10);
}

std::string fields(int type, const std::string& data) {
  return integer(1, 3) + integer(2, type) + bytes(8, "w") + data;
}

Value read(const std::string& model) { return sw_ref::parse_onnx(model, "test.onnx").values.at("w"); }

template <typename T>
std::string raw(const std::vector<T>& values) {
  std::string text(values.size() * sizeof(T), '\0');
  std::memcpy(text.data(), values.data(), text.size());
  return bytes(9, text);
}

std::string refusal(const std::string& model) {
  try {
    sw_ref::parse_onnx(model, "test.onnx");
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(StoredTypes, SixteenBitFloatsBecomeTheFloatsThatTheyAre) {
  const std::vector<std::uint16_t> halves = {0x3C01, 0xFBFF, 0x0001};  // 1 + 2^-10, -65504, 2^-24
  const std::vector<float> expected = {1.0009765625F, -65504.0F, 5.9604644775390625e-8F};
  EXPECT_EQ(read(adding(fields(kFloat16, raw(halves)))).floats.data, expected);
  const std::string typed = integer(5, 0x3C01) + integer(5, 0xFBFF) + integer(5, 1);
  EXPECT_EQ(read(adding(fields(kFloat16, typed))).floats.data, expected);
  const std::vector<std::uint16_t> bfloats = {0x3F81, 0xC2C8, 0x0000};
  EXPECT_EQ(read(adding(fields(kBfloat16, raw(bfloats)))).floats.data, (std::vector<float>{1.0078125F, -100.0F, 0.0F}));
}

TEST(StoredTypes, DoublesAreExactOrRefused) {
  const std::vector<double> exact = {0.5, -3.0, 16777216.0}, inexact = {0.5, 0.1, 1.0};
  EXPECT_EQ(read(adding(fields(kDouble, raw(exact)))).floats.data, (std::vector<float>{0.5F, -3.0F, 16777216.0F}));
  EXPECT_EQ(refusal(adding(fields(kDouble, raw(inexact)))),
            "test.onnx: initializer 'w': element 1 is 0.10000000000000001 in DOUBLE, which no FLOAT holds; accepted: "
            "values that float32 holds exactly");
}

TEST(StoredTypes, SmallIntegers) {
  const auto check = [](int type, const std::string& data, const std::vector<std::int64_t>& expected,
                        ElementType element) {
    const Value value = read(adding(fields(type, data), true));
    EXPECT_EQ(value.integers.data, expected) << type;
    EXPECT_EQ(value.type, element);
  };
  check(kInt4, bytes(9, "\x8F\x07"), {-1, -8, 7}, ElementType::kInt4);
  check(kInt4, integer(5, 0x8F) + integer(5, 0x07), {-1, -8, 7}, ElementType::kInt4);
  check(kUint4, bytes(9, "\x8F\x07"), {15, 8, 7}, ElementType::kUint4);
  check(kInt16, raw(std::vector<std::int16_t>{-32768, 5, 32767}), {-32768, 5, 32767}, ElementType::kInt16);
  check(kUint16, raw(std::vector<std::uint16_t>{65535, 5, 0}), {65535, 5, 0}, ElementType::kUint16);
}

TEST(StoredTypes, SizesAndRangesAreChecked) {
  EXPECT_NE(refusal(adding(fields(kInt4, bytes(9, "\x8F")), true)).find("holds 1 bytes"), std::string::npos);
  EXPECT_NE(refusal(adding(fields(kFloat16, bytes(9, "12345")))).find("holds 5 bytes"), std::string::npos);
  EXPECT_NE(refusal(adding(fields(kFloat16, integer(5, 70000) + integer(5, 0) + integer(5, 0)))).find("70000"),
            std::string::npos);
  EXPECT_NE(refusal(adding(fields(8, ""))).find("element type STRING"), std::string::npos);
}

/// A model whose weights lie in a file beside it.
class ExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("external_data_test_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "net" / "weights");
    write("net/weights/w.bin", std::string("skip") + std::string("\0\0\x80\x3F\0\0\0\x40\0\0\x40\x40", 12));
    write("outside.bin", std::string(64, '\0'));
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  static std::string entry(const std::string& key, const std::string& value) {
    return bytes(13, bytes(1, key) + bytes(2, value));
  }

  /// The network's file, with the weights at `location`.
  std::string network(const std::string& location, const std::string& offset = "4",
                      const std::string& length = "12") const {
    const std::string data = integer(14, 1) + entry("location", location) + entry("offset", offset) +
                             (length.empty() ? "" : entry("length", length));
    write("net/net.onnx", adding(fields(test::kFloat, data)));
    return (folder_ / "net" / "net.onnx").string();
  }

  std::string refused(const std::string& path) const {
    try {
      sw_ref::read_onnx(path);
    } catch (const InputError& error) {
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
  }

  fs::path folder_;
};

TEST_F(ExternalData, IsReadRelativeToTheModel) {
  for (const char* length : {"12", ""}) {
    const Graph graph = sw_ref::read_onnx(network("weights/w.bin", "4", length));
    EXPECT_EQ(graph.values.at("w").floats.data, (std::vector<float>{1.0F, 2.0F, 3.0F}));
  }
}

TEST_F(ExternalData, NeverOutsideTheModelsFolder) {
  for (const std::string& location : {std::string("../outside.bin"), std::string("weights/../../outside.bin"),
                                      (folder_ / "outside.bin").string(), std::string("")}) {
    const std::string error = refused(network(location));
    EXPECT_NE(error.find("location '" + location + "'"), std::string::npos) << error;
    EXPECT_NE(error.find("inside the model's folder"), std::string::npos) << error;
  }
  fs::create_symlink(folder_ / "outside.bin", folder_ / "net" / "link.bin");
  const std::string error = refused(network("link.bin"));
  EXPECT_NE(error.find("'link.bin' is a link out of the model's folder"), std::string::npos) << error;
}

TEST_F(ExternalData, MissingFilesAreNamedAsTheModelDoes) {
  const std::string path = network("weights/other.bin");
  EXPECT_EQ(refused(path), path +
                               ": initializer 'w': external data file 'weights/other.bin', beside the model, cannot "
                               "be opened");
}

TEST_F(ExternalData, SizesAreChecked) {
  EXPECT_NE(refused(network("weights/w.bin", "8")).find("bytes 8 to 20"), std::string::npos);
  EXPECT_NE(refused(network("weights/w.bin", "4", "13")).find("have 13 bytes"), std::string::npos);
  EXPECT_NE(refused(network("weights/w.bin", "-4")).find("offset '-4'"), std::string::npos);
  EXPECT_NE(refused(network("weights/w.bin", "99999999999999999999")).find("offset"), std::string::npos);
}

TEST_F(ExternalData, AModelWithoutAFileHasNone) {
  const std::string model = test::read_file(network("weights/w.bin"));
  EXPECT_NE(refusal(model).find("keeps its data in 'weights/w.bin' beside the model"), std::string::npos);
}

}  // namespace
}  // namespace systoliq
