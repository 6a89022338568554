// SPDX-License-Identifier: Apache-2.0
// MNIST and CIFAR where torchvision and Keras put them, and CIFAR's pickles.
#include <gtest/gtest.h>

#include "tb/data/dataset.h"
#include "tb/data/pickle.h"
#include "tests/tb/data/zip_writer.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

Bytes idx(std::uint8_t dimensions, const Bytes& sizes, const Bytes& data) {
  Bytes bytes = {0, 0, 8, dimensions};
  for (const std::uint8_t size : sizes) {
    for (int i = 0; i < 3; ++i) bytes.push_back(0);
    bytes.push_back(size);
  }
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

/// Pickles instruction by instruction, as Python 2 emits them.
class Pickler final {
 public:
  Pickler& raw(const std::string& text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  Pickler& byte(int value) {
    bytes_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Pickler& memo() { return byte('q').byte(memos_++); }
  Pickler& text(const std::string& value) { return byte('U').byte(static_cast<int>(value.size())).raw(value).memo(); }
  Pickler& integer(int value) {
    if (value < 256) return byte('K').byte(value);
    return byte('M').byte(value & 0xFF).byte(value >> 8);
  }
  Pickler& name(const std::string& module, const std::string& member) {
    return byte('c').raw(module + "\n" + member + "\n").memo();
  }
  /// uint8 [rows, 3072] of the given bytes.
  Pickler& array(int rows, const Bytes& data, const std::string& type = "u1") {
    name("numpy.core.multiarray", "_reconstruct").name("numpy", "ndarray").integer(0).byte(0x85).memo();
    text("b").byte(0x87).memo().byte('R').memo().byte('(').integer(1).integer(rows).integer(3072).byte(0x86).memo();
    name("numpy", "dtype").text(type).integer(0).integer(1).byte(0x87).memo().byte('R').memo();
    byte('(').integer(3).text("|").raw("NNN").raw("J\xff\xff\xff\xffJ\xff\xff\xff\xff").integer(0).byte('t').memo();
    byte('b').byte(0x89).byte('T');
    for (int i = 0; i < 4; ++i) byte(static_cast<int>(data.size() >> (8 * i) & 0xFF));
    raw(std::string(data.begin(), data.end())).memo();
    return byte('t').memo().byte('b');
  }
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  int memos_ = 1;
};

Bytes pixels_of(std::size_t images) {
  Bytes pixels(images * 3072);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 3072);
  return pixels;
}

/// A batch of two images of CIFAR-10 or CIFAR-100.
Bytes cifar_pickle(const std::string& key, int first, int second, const Bytes& pixels, const std::string& type = "u1") {
  Pickler pickle;
  pickle.byte(0x80).byte(2).byte('}').memo().byte('(').text("batch_label").text("batch 1 of 5");
  pickle.text(key).byte(']').memo().byte('(').integer(first).integer(second).byte('e');
  pickle.text("data").array(2, pixels, type);
  pickle.text("filenames").byte(']').memo().byte('(').text("a.png").text("b.png").byte('e');
  return pickle.byte('u').byte('.').bytes();
}

class Places : public testing::Test {
 protected:
  std::string put(const std::string& name, const Bytes& bytes, bool gzip = false) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    return gzip ? write_gzip(folder_ / name, bytes) : write_plain(folder_ / name, bytes);
  }
  /// Train and test of MNIST below a folder; the test image is 9.
  void put_mnist(const std::string& place, bool gzip) {
    const std::string ending = gzip ? ".gz" : "";
    put(place + "train-images-idx3-ubyte" + ending, idx(3, {2, 1, 1}, {5, 6}), gzip);
    put(place + "train-labels-idx1-ubyte" + ending, idx(1, {2}, {3, 4}), gzip);
    put(place + "t10k-images-idx3-ubyte" + ending, idx(3, {1, 1, 1}, {9}), gzip);
    put(place + "t10k-labels-idx1-ubyte" + ending, idx(1, {1}, {1}), gzip);
  }
  Dataset open(const std::string& kind, const std::string& split = "test") {
    return open_dataset(kind + ":" + (folder_ / ""), split, kAllImages);
  }
  TemporaryFolder folder_;
};

TEST_F(Places, MnistOfTorchvisionAndKeras) {
  struct Place {
    const char *kind, *folder;
    bool gzip;
  };
  for (const Place& place :
       {Place{"mnist", "MNIST/raw/", false}, Place{"mnist", "raw/", true}, Place{"mnist", "", true},
        Place{"fashion", "FashionMNIST/raw/", true}, Place{"fashion", "fashion-mnist/", true}}) {
    SCOPED_TRACE(place.folder);
    fs::remove_all(folder_ / "");
    put_mnist(place.folder, place.gzip);
    EXPECT_EQ(open(place.kind).images.data, (std::vector<float>{9}));
    EXPECT_EQ(open(place.kind, "train").labels, (std::vector<int>{3, 4}));
  }
  expect_refused([&] { open("mnist"); }, {"t10k-images-idx3-ubyte", "MNIST/raw", "mnist.npz"});
}

TEST_F(Places, KerasArchive) {
  ZipOptions deflate;
  deflate.deflate = true;
  const std::string path =
      put("mnist.npz", zip_bytes({{"x_test.npy", npy_bytes("|u1", "(1, 1, 2)", {1, 2})},
                                  {"x_train.npy", npy_bytes("|u1", "(3, 1, 2)", {3, 4, 5, 6, 7, 8})},
                                  {"y_train.npy", npy_bytes("|u1", "(3,)", {9, 8, 7})},
                                  {"y_test.npy", npy_bytes("|u1", "(1,)", {6})}},
                                 deflate));
  EXPECT_EQ(open("mnist").images.data, (std::vector<float>{1, 2}));
  EXPECT_EQ(open("mnist").labels, (std::vector<int>{6}));
  const Dataset part = open_dataset("mnist:" + path, "train", 2);
  EXPECT_EQ(part.images.shape, (Shape{2, 1, 1, 2}));
  EXPECT_EQ(part.labels, (std::vector<int>{9, 8}));
  put("mnist.npz", zip_bytes({{"x_test.npy", npy_bytes("<f4", "(1,)", {0, 0, 0, 0})},
                              {"y_test.npy", npy_bytes("|u1", "(1,)", {6})}}));
  expect_refused([&] { open("mnist"); }, {"x_test", "uint8"});
  expect_refused([&] { open("mnist", "train"); }, {"'x_test'", "'x_train' is needed"});
}

TEST_F(Places, CifarPickles) {
  const Bytes pixels = pixels_of(2);
  for (const std::string place : {"", "cifar-10-batches-py/", "cifar-10-batches-py-target/cifar-10-batches-py/"}) {
    SCOPED_TRACE(place);
    fs::remove_all(folder_ / "");
    put(place + "test_batch", cifar_pickle("labels", 7, 2, pixels));
    for (int i = 1; i <= 5; ++i) put(place + "data_batch_" + std::to_string(i), cifar_pickle("labels", i, 0, pixels));
    const Dataset test = open("cifar10");
    EXPECT_EQ(test.labels, (std::vector<int>{7, 2}));
    EXPECT_EQ(test.images.shape, (Shape{2, 3, 32, 32}));
    EXPECT_EQ(Bytes(test.images.data.begin(), test.images.data.end()), pixels);
    EXPECT_EQ(open("cifar10", "train").labels, (std::vector<int>{1, 0, 2, 0, 3, 0, 4, 0, 5, 0}));
    EXPECT_EQ(open_dataset("cifar10:" + (folder_ / ""), "train", 3).labels, (std::vector<int>{1, 0, 2}));
  }
  put("cifar-100-python/test", cifar_pickle("fine_labels", 99, 42, pixels));
  EXPECT_EQ(open("cifar100").labels, (std::vector<int>{99, 42}));
}

TEST_F(Places, CifarBinary) {
  Bytes record = {7};
  const Bytes pixels = pixels_of(1);
  record.insert(record.end(), pixels.begin(), pixels.end());
  put("cifar-10-batches-bin/test_batch.bin", record);
  EXPECT_EQ(open("cifar10").labels, (std::vector<int>{7}));
  record.insert(record.begin() + 1, 55);  // coarse 7, fine 55
  put("cifar-100-binary/test.bin", record);
  const Dataset data = open("cifar100");
  EXPECT_EQ(data.labels, (std::vector<int>{55}));
  EXPECT_EQ(Bytes(data.images.data.begin(), data.images.data.end()), pixels);
  record[1] = 100;
  put("cifar-100-binary/test.bin", record);
  expect_refused([&] { open("cifar100"); }, {"label 100", "0 to 99"});
  expect_refused([&] { open("cifar100", "train"); }, {"train.bin", "cifar-100-binary", "cifar-100-python"});
}

TEST_F(Places, PicklesThatAreNotAcceptedBad) {
  const auto refused = [&](const Bytes& bytes, const std::vector<std::string>& parts) {
    const std::string path = put("p", bytes);
    expect_refused([&] { read_cifar_pickle(path, "labels"); }, parts);
  };
  const Bytes pixels = pixels_of(2);
  refused(cifar_pickle("coarse", 1, 2, pixels), {"no entry 'labels'", "binary"});
  refused(cifar_pickle("labels", 1, 2, pixels, "f4"), {"uint8"});
  refused(cifar_pickle("labels", 1, 2, Bytes(pixels.begin(), pixels.end() - 1)), {"'data' is no array"});
  refused(Pickler().byte(0x80).byte(4).byte('N').byte('.').bytes(), {"another protocol"});
  refused(Pickler().byte(0x80).byte(2).name("os", "system").text("true").byte(0x85).byte('R').byte('.').bytes(),
          {"calls 'os system'"});
  refused(Pickler().byte(0x80).byte(2).byte('.').bytes(), {"not there"});
  refused(Pickler().byte(0x80).byte(2).byte('P').bytes(), {"instruction 80"});
  std::string nested(200000, ']');
  for (int i = 0; i < 200000; ++i) nested += 'a';
  refused(Pickler().byte(0x80).byte(2).raw(nested).bytes(), {"p:"});
}

/// Whatever stands in the file, it is data or refused.
TEST_F(Places, DamagedPickles) {
  const Bytes whole = cifar_pickle("labels", 1, 2, pixels_of(2));
  const std::size_t head = whole.size() - 6144;  // instructions, without the pixels
  for (std::size_t i = 0; i < head; ++i) {
    const std::size_t at = i < head - 60 ? i : whole.size() - (head - i);
    for (const int flip : {0x01, 0x20, 0xFF}) {
      Bytes wrong = whole;
      wrong[at] = static_cast<std::uint8_t>(wrong[at] ^ flip);
      const std::string path = put("p", wrong);
      try {
        read_cifar({path}, false);
      } catch (const InputError&) {
      }
    }
  }
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const std::string path = put("p", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    expect_refused([&] { read_cifar_pickle(path, "labels"); }, {"p:"});
  }
}

}  // namespace
}  // namespace systoliq::tb
