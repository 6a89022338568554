// SPDX-License-Identifier: Apache-2.0
// Arrays in archives and pipes, shapes before elements, and archives that lie.
#include "tb/data/array_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tb/data/dataset.h"
#include "tests/tb/data/zip_writer.h"

namespace systoliq::tb {
namespace {

class Arrays : public testing::Test {
 protected:
  std::string archive(const std::vector<std::pair<std::string, Bytes>>& members, const ZipOptions& options = {}) {
    return write_plain(folder_ / "a.npz", zip_bytes(members, options));
  }
  void refused(const std::string& path, const std::vector<std::string>& parts) {
    expect_refused([&] { open_array(path).read(); }, parts);
  }
  TemporaryFolder folder_;
  const Bytes numbers_ = npy_bytes("|u1", "(2, 3)", {1, 2, 3, 4, 5, 6});
};

TEST_F(Arrays, ReadsStoredAndDeflatedArchives) {
  for (const bool deflate : {false, true}) {
    ZipOptions options;
    options.deflate = deflate;
    const FloatTensor values = open_array(archive({{"arr_0.npy", numbers_}}, options)).read();
    EXPECT_EQ(values.shape, (Shape{2, 3}));
    EXPECT_EQ(values.data, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  }
}

TEST_F(Arrays, ArchiveMayBeLong) {
  Bytes data(300000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * i >> 7);
  ZipOptions options;
  options.deflate = true;
  const FloatTensor values = open_array(archive({{"x.npy", npy_bytes("|u1", "(300000,)", data)}}, options)).read();
  EXPECT_EQ(Bytes(values.data.begin(), values.data.end()), data);
}

TEST_F(Arrays, TakesTheNamedOneOfSeveral) {
  const std::string path = archive({{"a.npy", numbers_}, {"b.npy", npy_bytes("|i1", "(1,)", {7})}, {"c.txt", {1}}});
  EXPECT_EQ(open_array(path, "b").read().data, (std::vector<float>{7}));
  EXPECT_EQ(open_member(path, "a").shape(), (Shape{2, 3}));
  refused(path, {path, "'a', 'b'", "one array"});
  expect_refused([&] { open_array(path, "x"); }, {"'a', 'b'", "'x'"});
  expect_refused([&] { open_member(path, "c"); }, {"'a', 'b'", "'c' is needed"});
}

TEST_F(Arrays, ReadsTheBeginning) {
  const std::string path = write_plain(folder_ / "x.npy", npy_bytes("|u1", "(3, 2)", {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(open_array(path).read(2).data, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(open_array(path).read(9).shape, (Shape{3, 2}));
}

/// The header alone is there: the shape must be known without the elements.
TEST_F(Arrays, ShapeNeedsNoElements) {
  const std::string path = write_plain(folder_ / "x.npy", npy_bytes("<f4", "(1099511627776,)", {}));
  const ArrayFile array = open_array(path);
  EXPECT_EQ(array.shape(), (Shape{std::int64_t{1} << 40}));
  EXPECT_FALSE(array.holds_integers());
}

TEST_F(Arrays, ReadsAPipe) {
  const std::string path = folder_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { write_plain(path, numbers_); });
  const FloatTensor values = open_array(path).read();
  writer.join();
  EXPECT_EQ(values.data, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  std::thread archive_writer([&] { write_plain(path, zip_bytes({{"a.npy", numbers_}})); });
  refused(path, {path, "pipe", ".npz"});
  archive_writer.join();
}

TEST_F(Arrays, ArchiveWithoutArraysBad) {
  refused(archive({{"readme.txt", {1, 2}}}), {"no array"});
  refused(archive({}), {"a.npz"});
}

TEST_F(Arrays, DamagedArchiveBad) {
  ZipOptions options;
  options.deflate = true;
  const Bytes whole = zip_bytes({{"a.npy", numbers_}}, options);
  for (std::size_t size = 1; size < whole.size(); size += 7) {
    refused(write_plain(folder_ / "cut.npz", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
            {"cut.npz"});
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {  // must not crash, whatever it says
    Bytes wrong = whole;
    wrong[at] ^= 0xFF;
    try {
      open_array(write_plain(folder_ / "flip.npz", wrong)).read();
    } catch (const InputError&) {
    }
  }
  options.wrong_crc = true;
  refused(archive({{"a.npy", numbers_}}, options), {"a.npz:a.npy", "check sum"});
}

TEST_F(Arrays, ArchivesThatAreNotAcceptedBad) {
  ZipOptions options;
  options.method = 12;
  refused(archive({{"a.npy", numbers_}}, options), {"'a.npy'", "method 12", "8 (deflate)"});
  options = {};
  options.flags = 1;
  refused(archive({{"a.npy", numbers_}}, options), {"encrypted"});
  options = {};
  options.claimed_size = UINT32_MAX;
  refused(archive({{"a.npy", numbers_}}, options), {"zip64"});
}

/// What an archive claims is not allocated: 4 GiB claimed and 4 TiB of elements, a hundred bytes there.
TEST_F(Arrays, HostileSizesBad) {
  ZipOptions options;
  options.claimed_size = UINT32_MAX - 1;
  for (const bool deflate : {false, true}) {
    options.deflate = deflate;
    refused(archive({{"a.npy", npy_bytes("<f4", "(1099511627776,)", {1})}}, options), {"cut short"});
  }
  options = {};
  options.deflate = true;
  refused(archive({{"a.npy", npy_bytes("<f4", "(1099511627776,)", {1})}}, options), {"4398046511104 bytes", "has 1"});
}

}  // namespace
}  // namespace systoliq::tb
