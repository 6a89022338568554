// SPDX-License-Identifier: Apache-2.0
// IDX and CIFAR-10 readers on files made here: plain, gzip, and every way of being wrong.
#include <gtest/gtest.h>

#include "tb/data/dataset.h"
#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {
namespace {

Bytes big_endian(std::initializer_list<std::uint32_t> words) {
  Bytes bytes;
  for (const std::uint32_t word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(word >> shift & 0xFF));
  }
  return bytes;
}

Bytes joined(Bytes head, const Bytes& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

/// Three images of 2 × 3 pixels 0, 14, 28, … and labels 7, 0, 9.
Bytes images_file() {
  Bytes pixels;
  for (int i = 0; i < 18; ++i) pixels.push_back(static_cast<std::uint8_t>(14 * i));
  return joined(big_endian({0x803, 3, 2, 3}), pixels);
}
Bytes labels_file() { return joined(big_endian({0x801, 3}), {7, 0, 9}); }

class Idx : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string images_ = write_plain(folder_ / "images", images_file());
  std::string labels_ = write_plain(folder_ / "labels", labels_file());
};

void expect_contents(const Dataset& data, std::int64_t count) {
  EXPECT_EQ(data.images.shape, (Shape{count, 1, 2, 3}));
  ASSERT_EQ(data.images.data.size(), static_cast<std::size_t>(6 * count));
  for (std::size_t i = 0; i < data.images.data.size(); ++i) {
    EXPECT_EQ(data.images.data[i], static_cast<float>(14 * i));
  }
  const std::vector<int> labels = {7, 0, 9};
  EXPECT_EQ(data.labels, std::vector<int>(labels.begin(), labels.begin() + count));
}

TEST_F(Idx, ReadsPlainFiles) { expect_contents(read_idx(images_, labels_), 3); }

TEST_F(Idx, ReadsGzipFilesByContentNotByName) {
  write_gzip(images_, images_file());
  write_gzip(labels_, labels_file());
  expect_contents(read_idx(images_, labels_), 3);
}

TEST_F(Idx, LimitReadsTheBeginning) {
  expect_contents(read_idx(images_, labels_, 2), 2);
  expect_contents(read_idx(images_, labels_, 3), 3);
  expect_contents(read_idx(images_, labels_, 1000), 3);
  expect_refused([&] { read_idx(images_, labels_, 0); }, {"at least 1"});
}

TEST_F(Idx, AbsentFileIsNamedBad) {
  expect_refused([&] { read_idx(folder_ / "nothing", labels_); }, {"nothing", "no such file"});
  expect_refused([&] { read_idx(folder_ / "", labels_); }, {"no such file"});
}

TEST_F(Idx, TruncatedBad) {
  Bytes cut = images_file();
  cut.pop_back();
  write_plain(images_, cut);
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "truncated", "18 bytes", "has 17"});
  write_plain(images_, Bytes(cut.begin(), cut.begin() + 15));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "truncated", "header"});
  write_plain(images_, {0, 0, 8});
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "truncated", "magic number"});
  write_plain(images_, {});
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "truncated"});
  write_plain(images_, images_file());
  write_plain(labels_, joined(big_endian({0x801, 3}), {7, 0}));
  expect_refused([&] { read_idx(images_, labels_); }, {labels_, "truncated", "the labels"});
}

TEST_F(Idx, TruncatedOrDamagedGzipBad) {
  write_gzip(images_, images_file());
  const Bytes whole = read_bytes(images_);
  write_plain(images_, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2)));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "gzip"});
  Bytes damaged = whole;
  damaged[damaged.size() - 6] ^= 0xFF;  // in the checksum, which follows the data
  write_plain(images_, damaged);
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "gzip"});
}

TEST_F(Idx, WrongMagicBad) {
  expect_refused([&] { read_idx(labels_, labels_); }, {labels_, "0x00000801", "0x00000803", "images"});
  expect_refused([&] { read_idx(images_, images_); }, {images_, "0x00000803", "0x00000801", "labels"});
}

TEST_F(Idx, CountsThatDifferBad) {
  write_plain(labels_, joined(big_endian({0x801, 2}), {7, 0}));
  expect_refused([&] { read_idx(images_, labels_); }, {labels_, "2 labels", "3 images", images_});
}

TEST_F(Idx, TooManyBytesBad) {
  write_plain(images_, joined(images_file(), {1}));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "more bytes"});
  write_plain(images_, images_file());
  write_gzip(labels_, joined(labels_file(), {1}));
  expect_refused([&] { read_idx(images_, labels_); }, {labels_, "more bytes"});
}

TEST_F(Idx, LabelAboveNineBad) {
  write_plain(labels_, joined(big_endian({0x801, 3}), {7, 10, 9}));
  expect_refused([&] { read_idx(images_, labels_); }, {labels_, "label 10", "image 1", "0 to 9"});
}

TEST_F(Idx, HostileSizesBad) {
  write_plain(images_, big_endian({0x803, 0xFFFFFFFF, 28, 28}));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "4294967295 items"});
  write_plain(images_, big_endian({0x803, 0, 28, 28}));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "0 items"});
  write_plain(images_, big_endian({0x803, 3, 0xFFFFFFFF, 28}));
  expect_refused([&] { read_idx(images_, labels_); }, {images_, "4294967295 × 28"});
  // Ten million claimed items: refused because the bytes are missing, not after taking memory for them.
  write_plain(labels_, joined(big_endian({0x801, 10'000'000}), {1}));
  write_plain(images_, big_endian({0x803, 10'000'000, 1, 1}));
  expect_refused([&] { read_idx(images_, labels_); }, {"truncated"});
}

Bytes cifar_record(std::uint8_t label, int seed) {
  Bytes record = {label};
  for (int i = 0; i < 3072; ++i) record.push_back(static_cast<std::uint8_t>((i * 7 + seed) & 0xFF));
  return record;
}

TEST(Cifar10, ReadsBatchesInOrder) {
  const TemporaryFolder folder;
  const auto a = write_plain(folder / "a.bin", joined(cifar_record(3, 1), cifar_record(4, 2)));
  const auto b = write_gzip(folder / "b.bin.gz", cifar_record(5, 3));
  const Dataset all = read_cifar10({a, b});
  EXPECT_EQ(all.images.shape, (Shape{3, 3, 32, 32}));
  EXPECT_EQ(all.labels, (std::vector<int>{3, 4, 5}));
  for (int image = 0; image < 3; ++image) {
    EXPECT_EQ(all.images.data[static_cast<std::size_t>(image * 3072 + 100)],
              static_cast<float>((700 + image + 1) & 0xFF));
  }
  EXPECT_EQ(read_cifar10({a, b}, 1).labels, (std::vector<int>{3}));
  EXPECT_EQ(read_cifar10({a, b}, 2).labels, (std::vector<int>{3, 4}));
}

TEST(Cifar10, TruncatedRecordBad) {
  const TemporaryFolder folder;
  Bytes bytes = joined(cifar_record(3, 1), cifar_record(4, 2));
  bytes.pop_back();
  const auto path = write_plain(folder / "a.bin", bytes);
  expect_refused([&] { read_cifar10({path}); }, {path, "image 1", "3072 of 3073"});
  EXPECT_EQ(read_cifar10({path}, 1).labels, (std::vector<int>{3}));
}

TEST(Cifar10, EmptyAndWrongLabelBad) {
  const TemporaryFolder folder;
  const auto path = write_plain(folder / "a.bin", {});
  expect_refused([&] { read_cifar10({path}); }, {path, "no image"});
  expect_refused([&] { read_cifar10({}); }, {"no image"});
  write_plain(path, cifar_record(200, 1));
  expect_refused([&] { read_cifar10({path}); }, {path, "label 200"});
}

}  // namespace
}  // namespace systoliq::tb
