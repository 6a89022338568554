// SPDX-License-Identifier: Apache-2.0
// .npy files: round trips, every element type, and headers that lie.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tb/data/dataset.h"
#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {
namespace {

Bytes npy(const std::string& dictionary, const Bytes& data, std::uint8_t version = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  const std::size_t size = dictionary.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes.push_back(static_cast<std::uint8_t>(size >> (8 * i) & 0xFF));
  bytes.insert(bytes.end(), dictionary.begin(), dictionary.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::string dictionary(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

class Npy : public testing::Test {
 protected:
  FloatTensor read(const std::string& text, const Bytes& data, std::uint8_t version = 1) {
    return read_npy(write_plain(path_, npy(text, data, version)));
  }
  void refused(const std::string& text, const Bytes& data, const std::vector<std::string>& parts) {
    expect_refused([&] { read(text, data); }, parts);
  }
  TemporaryFolder folder_;
  std::string path_ = folder_ / "x.npy";
};

TEST_F(Npy, RoundTripsFloats) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{1, 3, 15, 33}, Shape{0, 4}}) {
    FloatTensor values(shape);
    for (std::size_t i = 0; i < values.data.size(); ++i) values.data[i] = static_cast<float>(i) * 0.1F - 3.0F;
    write_npy(path_, values);
    const FloatTensor back = read_npy(path_);
    EXPECT_EQ(back.shape, shape) << to_string(shape);
    EXPECT_EQ(back.data, values.data) << to_string(shape);
  }
}

TEST_F(Npy, RoundTripsIntegers) {
  write_npy(path_, IntTensor(Shape{2, 2}, std::vector<std::int32_t>{-128, 127, 16777216, -16777216}));
  EXPECT_EQ(read_npy(path_).data, (std::vector<float>{-128.0F, 127.0F, 16777216.0F, -16777216.0F}));
}

TEST_F(Npy, WritesAnAlignedHeaderAndNoLeftovers) {
  write_npy(path_, FloatTensor(Shape{3}));
  const Bytes bytes = read_bytes(path_);
  ASSERT_GT(bytes.size(), 12U);
  EXPECT_EQ((bytes.size() - 12) % 64, 0U);
  EXPECT_EQ(bytes[bytes.size() - 13], '\n');
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_ / "")) ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(Npy, ReadsEveryElementType) {
  EXPECT_EQ(read(dictionary("<f4", "(1,)"), {0, 0, 0xC0, 0x3F}).data, (std::vector<float>{1.5F}));
  EXPECT_EQ(read(dictionary("|i1", "(2,)"), {0x80, 0x7F}).data, (std::vector<float>{-128, 127}));
  EXPECT_EQ(read(dictionary("|u1", "(2,)"), {0x80, 0xFF}).data, (std::vector<float>{128, 255}));
  EXPECT_EQ(read(dictionary("<i2", "(2,)"), {0, 0x80, 2, 1}).data, (std::vector<float>{-32768, 258}));
  EXPECT_EQ(read(dictionary("<i4", "(1,)"), {0xFE, 0xFF, 0xFF, 0xFF}).data, (std::vector<float>{-2}));
  EXPECT_EQ(read(dictionary("<i8", "(1,)"), {3, 0, 0, 0, 0, 0, 0, 0}).data, (std::vector<float>{3}));
}

TEST_F(Npy, ReadsVersionTwoAndOtherSpellings) {
  EXPECT_EQ(read(dictionary("|i1", "(2, 1)"), {1, 2}, 2).shape, (Shape{2, 1}));
  EXPECT_EQ(read("{\"shape\":(2,1),\"fortran_order\":False,\"descr\":\"|i1\"}", {1, 2}).shape, (Shape{2, 1}));
  EXPECT_EQ(read(dictionary("|i1", "()"), {5}).shape, Shape{});
}

TEST_F(Npy, NotAnNpyFileBad) {
  expect_refused([&] { read_npy(folder_ / "absent.npy"); }, {"absent.npy", "cannot be read"});
  expect_refused([&] { read_npy(folder_ / ""); }, {"cannot be read"});
  write_plain(path_, {'P', 'K', 3, 4});
  expect_refused([&] { read_npy(path_); }, {path_, "is no .npy file"});
  write_plain(path_, npy(dictionary("|i1", "(1,)"), {1}, 3));
  expect_refused([&] { read_npy(path_); }, {path_, "version 3"});
}

TEST_F(Npy, MalformedHeaderBad) {
  refused("", {1}, {path_, "malformed"});
  refused("{'descr': '|i1', 'fortran_order': False}", {1}, {"descr, fortran_order and shape"});
  refused("{'descr': '|i1', 'fortran_order': Maybe, 'shape': (1,)}", {1}, {"True or False"});
  refused("{'descr': '|i1', 'fortran_order': False, 'shape': (-1,)}", {1}, {"dimension expected"});
  refused("{'descr': '|i1', 'fortran_order': False, 'shape': (1,)} x", {1}, {"after the dictionary"});
  refused("{'descr': '|i1, 'fortran_order': False, 'shape': (1,)}", {1}, {"malformed"});
  refused("{'descr': '|i1", {}, {"unterminated"});
  refused("{'color': 1}", {1}, {"unknown key 'color'"});
  refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", {1}, {"malformed"});
}

TEST_F(Npy, TruncatedHeaderBad) {
  const Bytes whole = npy(dictionary("|i1", "(1,)"), {1});
  for (const std::size_t size : {0U, 1U, 7U, 9U, 10U, 30U}) {
    write_plain(path_, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    expect_refused([&] { read_npy(path_); }, {path_});
  }
  write_plain(path_, {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xFF, 0xFF, 0xFF, 0x7F});
  expect_refused([&] { read_npy(path_); }, {path_, "header of 2147483647 bytes"});
}

TEST_F(Npy, ReadsTypesOfEveryWidthAndByteOrder) {
  EXPECT_EQ(read(dictionary("<f8", "(2,)"), {0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0}).data,
            (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(read(dictionary(">f8", "(1,)"), {0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A}).data,
            (std::vector<float>{0.1F}));  // rounded to the nearest float
  EXPECT_EQ(read(dictionary(">f4", "(1,)"), {0x3F, 0xC0, 0, 0}).data, (std::vector<float>{1.5F}));
  EXPECT_EQ(read(dictionary(">i2", "(2,)"), {0x80, 0, 1, 2}).data, (std::vector<float>{-32768, 258}));
  EXPECT_EQ(read(dictionary("<u2", "(1,)"), {0xFF, 0xFF}).data, (std::vector<float>{65535}));
  EXPECT_EQ(read(dictionary(">u4", "(1,)"), {0x80, 0, 0, 0}).data, (std::vector<float>{2147483648.0F}));
  EXPECT_EQ(read(dictionary("<i4", "(1,)"), {0, 0, 0, 0x80}).data, (std::vector<float>{-2147483648.0F}));
  EXPECT_EQ(read(dictionary("<u8", "(1,)"), {0, 0, 0, 0, 0, 0, 0, 0x80}).data, (std::vector<float>{0x1p63F}));
  EXPECT_EQ(read(dictionary(">i8", "(1,)"), {0x80, 0, 0, 0, 0, 0, 0, 0}).data, (std::vector<float>{-0x1p63F}));
  EXPECT_EQ(read(dictionary("|b1", "(2,)"), {0, 1}).data, (std::vector<float>{0, 1}));
}

/// Normal, subnormal, negative and largest half-precision numbers, of both byte orders.
TEST_F(Npy, ReadsHalfPrecision) {
  EXPECT_EQ(read(dictionary("<f2", "(6,)"), {0, 0x3C, 0xFF, 0x7B, 1, 0, 0xFF, 3, 0, 0xC1, 0, 0x80}).data,
            (std::vector<float>{1.0F, 65504.0F, 0x1p-24F, 1023 * 0x1p-24F, -2.5F, -0.0F}));
  EXPECT_EQ(read(dictionary(">f2", "(2,)"), {0x3C, 0, 4, 0}).data, (std::vector<float>{1.0F, 0x1p-14F}));
  for (const std::uint8_t fraction : Bytes{0, 1}) {
    refused(dictionary("<f2", "(1,)"), {fraction, 0x7C}, {path_, "not finite"});
  }
}

TEST_F(Npy, ReadsFortranOrder) {
  const std::string order = "'fortran_order': True, 'shape': ";
  const FloatTensor matrix = read("{'descr': '|i1', " + order + "(2, 3)}", {1, 4, 2, 5, 3, 6});
  EXPECT_EQ(matrix.shape, (Shape{2, 3}));
  EXPECT_EQ(matrix.data, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  Bytes fortran;  // element [i, j, k] of a [2, 3, 4] is 12 i + 4 j + k
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) fortran.push_back(static_cast<std::uint8_t>(12 * i + 4 * j + k));
    }
  }
  const FloatTensor cube = read("{'descr': '|u1', " + order + "(2, 3, 4)}", fortran);
  for (std::size_t i = 0; i < 24; ++i) ASSERT_EQ(cube.data[i], static_cast<float>(i));
  EXPECT_EQ(read("{'descr': '|u1', " + order + "(0, 3)}", {}).data.size(), 0U);
}

TEST_F(Npy, TypesNotSupportedBad) {
  for (const char* type : {"|O", "<c8", "<U4", "<M8[ns]", "|S3", "<f3", "<i3", "f4", "=f4", "|f4", "<x4", ""}) {
    refused(dictionary(type, "(1,)"), {0, 0, 0, 0}, {path_, "'" + std::string(type) + "'", "f2, f4, f8, i1"});
  }
  refused(dictionary("<f8", "(1,)"), {0, 0, 0, 0, 0, 0, 0xF0, 0x7E}, {path_, "e+", "not finite in float32"});
}

TEST_F(Npy, WrongAmountOfDataBad) {
  refused(dictionary("<i2", "(3,)"), {1, 0, 2, 0, 3}, {path_, "[3]", "6 bytes", "has 5"});
  refused(dictionary("<i2", "(1,)"), {1, 0, 2}, {path_, "2 bytes", "has 3"});
}

TEST_F(Npy, HostileSizesBad) {
  refused(dictionary("<f4", "(1099511627776,)"), {1}, {path_, "4398046511104 bytes"});
  refused(dictionary("<f4", "(99999999999999999999,)"), {1}, {path_, "2^40"});
  refused(dictionary("<f4", "(1048576, 1048576, 1048576, 1048576)"), {1}, {"2^40"});
  refused(dictionary("|i1", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), {1}, {path_, "more than 16 dimensions"});
}

TEST_F(Npy, ValuesThatFloatCannotHoldBad) {
  refused(dictionary("<f4", "(1,)"), {0, 0, 0x80, 0x7F}, {path_, "not finite"});  // infinity
  refused(dictionary("<f4", "(1,)"), {0, 0, 0xC0, 0x7F}, {path_, "not finite"});  // not a number
  refused(dictionary("<i4", "(1,)"), {1, 0, 0, 1}, {path_, "16777217"});
  refused(dictionary("<i8", "(1,)"), {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, {"9223372036854775807"});
}

TEST_F(Npy, UnwritablePlaceBad) {
  expect_refused([&] { write_npy(folder_ / "no/such/x.npy", FloatTensor(Shape{1})); }, {"no/such/x.npy", "writable"});
}

}  // namespace
}  // namespace systoliq::tb
