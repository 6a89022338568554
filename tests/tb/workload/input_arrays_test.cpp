// SPDX-License-Identifier: Apache-2.0
// Arrays as network inputs: shapes and layouts that fit, those that do not, labels, and values out of range.
#include "tb/workload/input_arrays.h"

#include <gtest/gtest.h>

#include "tb/data/dataset.h"
#include "tb/workload/workload.h"
#include "tests/tb/data/zip_writer.h"

namespace systoliq::tb {
namespace {

FloatTensor ramp(const Shape& shape) {
  FloatTensor values(shape);
  for (std::size_t i = 0; i < values.data.size(); ++i) values.data[i] = static_cast<float>(i);
  return values;
}

class InputArrays : public testing::Test {
 protected:
  std::string save(const Shape& shape, const std::string& name = "x.npy") {
    write_npy(folder_ / name, ramp(shape));
    return folder_ / name;
  }
  std::vector<FloatTensor> read(const Shape& shape, const Shape& network, bool channels_last = false) {
    return read_inputs({save(shape)}, form(network, channels_last));
  }
  static InputForm form(const Shape& network, bool channels_last = false) {
    InputForm form;
    form.name = "x";
    form.shape = network;
    form.channels_last = channels_last;
    return form;
  }
  TemporaryFolder folder_;
};

TEST_F(InputArrays, OneImageOrABatch) {
  EXPECT_EQ(read({1, 3, 4, 5}, {1, 3, 4, 5}).size(), 1U);
  EXPECT_EQ(read({3, 4, 5}, {1, 3, 4, 5}).size(), 1U);
  EXPECT_EQ(read({7}, {1, 7}).size(), 1U);
  const std::vector<FloatTensor> batch = read({2, 3, 4, 5}, {1, 3, 4, 5});
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch[1].shape, (Shape{1, 3, 4, 5}));
  EXPECT_EQ(batch[1].data[0], 60.0F);
  EXPECT_EQ(read({6, 7}, {1, 7}).size(), 6U);
}

/// Three images, or one picture of three channels? One picture channels last, or first? Nobody knows: refused.
TEST_F(InputArrays, ShapesThatDoNotFitBad) {
  struct Case {
    Shape found, network;
    const char* part;
  };
  const std::vector<Case> cases = {{{32, 32, 3}, {1, 1, 32, 32}, "[n, 1, 32, 32]"},
                                   {{1, 32, 32, 3}, {1, 3, 32, 32}, "--input-layout nhwc takes"},
                                   {{32, 32, 3}, {1, 3, 32, 32}, "--input-layout nhwc takes"},
                                   {{3, 32, 32}, {1, 1, 32, 32}, "[1, 32, 32]"},
                                   {{1024}, {1, 1, 32, 32}, "[1, 32, 32]"},
                                   {{1, 1, 28, 28}, {1, 784}, "[784], or [n, 784]"},
                                   {{0, 3, 4, 5}, {1, 3, 4, 5}, "[3, 4, 5]"},
                                   {{}, {1, 1}, "[1]"},
                                   {{1, 2, 3, 4, 5}, {1, 3, 4, 5}, "[3, 4, 5]"}};
  for (const Case& one : cases) {
    expect_refused([&] { read(one.found, one.network); },
                   {"x.npy", to_string(one.found), to_string(one.network), one.part});
  }
  expect_refused([&] { read({1, 3, 4, 5}, {1, 3, 4, 5}, true); }, {"[4, 5, 3]", "fits without --input-layout nhwc"});
  expect_refused([&] { read({1, 7}, {1, 7}, true); }, {"--input-layout nhwc", "[1, 7]"});
}

/// The elements are not there, so the message must come from the shape.
TEST_F(InputArrays, ShapeIsComparedBeforeElementsAreRead) {
  const std::string path = write_plain(folder_ / "huge.npy", npy_bytes("<f4", "(1048576, 1048576)", {}));
  expect_refused([&] { read_inputs({path}, form({1, 3, 4, 5})); }, {"huge.npy", "does not fit"});
}

TEST_F(InputArrays, ChannelsLastAreTurned) {
  for (const Shape& shape : {Shape{2, 4, 5, 3}, Shape{4, 5, 3}}) {
    const std::vector<FloatTensor> images = read(shape, {1, 3, 4, 5}, true);
    ASSERT_EQ(images.size(), shape.size() == 4 ? 2U : 1U);
    for (std::size_t image = 0; image < images.size(); ++image) {
      for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t pixel = 0; pixel < 20; ++pixel) {
          ASSERT_EQ(images[image].data[c * 20 + pixel], static_cast<float>(image * 60 + pixel * 3 + c));
        }
      }
    }
  }
}

TEST_F(InputArrays, FoldersFilesAndNames) {
  std::filesystem::create_directory(folder_ / "all");
  save({1, 1, 2, 2}, "all/b.npy");
  save({3, 1, 2, 2}, "all/a.npy");
  write_plain(folder_ / "all/c.npz", zip_bytes({{"x.npy", npy_bytes("|u1", "(1, 2, 2)", {9, 8, 7, 6})},
                                                {"y.npy", npy_bytes("|u1", "(1,)", {1})}}));
  write_plain(folder_ / "all/notes.txt", {1});
  const std::vector<FloatTensor> images =
      read_inputs({folder_ / "all", "x=" + (folder_ / "all/b.npy")}, form({1, 1, 2, 2}));
  ASSERT_EQ(images.size(), 6U);
  EXPECT_EQ(images[2].data[0], 8.0F);
  EXPECT_EQ(images[4].data, (std::vector<float>{9, 8, 7, 6}));
  const std::string equals = save({1, 1, 2, 2}, "a=b.npy");
  EXPECT_EQ(read_inputs({equals}, form({1, 1, 2, 2})).size(), 1U);
  expect_refused([&] { read_inputs({"z=" + equals}, form({1, 1, 2, 2})); }, {"no input 'z'", "'x'"});
  std::filesystem::create_directory(folder_ / "none");
  expect_refused([&] { read_inputs({folder_ / "none"}, form({1, 1, 2, 2})); }, {"none", ".npy"});
}

TEST_F(InputArrays, IntegersOfAnIntegerInput) {
  QuantizedTensor input;
  input.name = "x";
  input.scale = 0.5F;
  input.zero_point = -28;
  input.storage_offset = 128;  // uint8, zero point 100
  InputForm integers = form({1, 3});
  integers.integers = &input;
  const std::string path = write_plain(folder_ / "u.npy", npy_bytes("|u1", "(3,)", {0, 100, 255}));
  EXPECT_EQ(read_inputs({path}, integers).at(0).data, (std::vector<float>{-50.0F, 0.0F, 77.5F}));
  write_plain(path, npy_bytes("<i2", "(3,)", {0, 0, 0, 1, 0, 0}));
  expect_refused([&] { read_inputs({path}, integers); }, {"u.npy", "256", "'x'", "0 to 255"});
  write_plain(path, npy_bytes("<f4", "(3,)", {0, 0, 0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0}));
  expect_refused([&] { read_inputs({path}, integers); }, {"0.5", "integers"});
}

TEST_F(InputArrays, Labels) {
  EXPECT_EQ(read_labels(write_plain(folder_ / "l.npy", npy_bytes("|u1", "(2, 1)", {3, 200}))),
            (std::vector<int>{3, 200}));
  const std::string text = "4\n\n 17 \r\n0\n";
  EXPECT_EQ(read_labels(write_plain(folder_ / "l.txt", Bytes(text.begin(), text.end()))), (std::vector<int>{4, 17, 0}));
  for (const std::string bad : {"", "1 2\n", "cat\n", "-1\n", "1.5\n"}) {
    expect_refused([&] { read_labels(write_plain(folder_ / "b.txt", Bytes(bad.begin(), bad.end()))); }, {"b.txt"});
  }
  expect_refused(
      [&] {
        read_labels(write_plain(folder_ / "l.npy", npy_bytes("|u1", "(1, 2)", {3, 2})));
      },
      {"[1, 2]", "[n, 1]"});
  expect_refused([&] { read_labels(folder_ / "absent"); }, {"absent"});
}

TEST_F(InputArrays, SaturationIsTold) {
  QuantizedTensor input;
  input.name = "x";
  input.scale = 1.0F / 128;  // -1 to 127 / 128
  FloatTensor image(Shape{1, 100}, 0.5F);
  EXPECT_EQ(saturation_remark({image}, input), "");
  image.data[0] = 1.2F;
  EXPECT_EQ(saturation_remark({image}, input), "") << "one value slightly outside";
  image.data[0] = 255.0F;
  const std::string one = saturation_remark({image}, input);
  EXPECT_NE(one.find("'x': 1 %"), std::string::npos) << one;
  EXPECT_NE(one.find("to 255"), std::string::npos) << one;
  EXPECT_NE(one.find("[-1, 0.992]"), std::string::npos) << one;
  std::fill_n(image.data.begin(), 20, -1.5F);
  EXPECT_NE(saturation_remark({image}, input).find("20 %"), std::string::npos);
}

WorkloadRequest lenet() {
  WorkloadRequest request;
  request.calibration_images = 1;
  return request;
}

/// A folder a class; bytes are pixels, other elements what the network takes.
TEST_F(InputArrays, FolderOfClasses) {
  for (const char* place : {"set/train/b", "set/train/a", "set/test/a", "set/test/b"}) {
    std::filesystem::create_directories(folder_ / place);
  }
  const Bytes two = npy_bytes("|u1", "(2, 1, 2, 2)", {0, 255, 128, 0, 64, 64, 64, 64});
  write_plain(folder_ / "set/train/b/x.npy", two);
  write_plain(folder_ / "set/train/a/x.npy", npy_bytes("|u1", "(1, 2, 2)", {128, 128, 128, 128}));
  save({1, 2, 2}, "set/test/a/x.npy");
  save({1, 1, 2, 2}, "set/test/b/x.npy");
  const Shape shape = {1, 1, 2, 2};
  std::vector<int> labels;
  const std::string set = "arrays:" + (folder_ / "set");
  const std::vector<FloatTensor> train = load_images(set, "train", 10, shape, &labels);
  EXPECT_EQ(labels, (std::vector<int>{0, 1, 1}));
  EXPECT_EQ(train.at(1).data, (std::vector<float>{-1.0F, 127.0F / 128, 0.0F, -1.0F}));
  EXPECT_EQ(load_images(set, "train", 2, shape, nullptr).size(), 2U);
  EXPECT_EQ(load_images(set, "test", 10, shape, nullptr).at(0).data, (std::vector<float>{0, 1, 2, 3}));
  ImageOptions given;
  given.normalization = {{0.5}, {0.5}};
  given.given = true;
  EXPECT_EQ(load_images(set, "train", 10, shape, nullptr, given).at(1).data[1], 1.0F);
  expect_refused([&] { load_images(set, "test", 10, shape, nullptr, given); }, {"--mean", "no pixels"});
  expect_refused([&] { load_images(set, "test", 10, {1, 1, 3, 3}, nullptr); }, {"x.npy", "does not fit"});
}

TEST_F(InputArrays, QuantizeCalibratesOnThem) {
  WorkloadRequest request = lenet();
  FloatTensor two(Shape{2, 1, 32, 32}, 0.25F);
  two.data[5] = 3.0F;
  write_npy(folder_ / "two.npy", two);
  request.inputs = {folder_ / "two.npy", folder_ / "two.npy"};
  const Workload calibrated = load_network(request);
  EXPECT_EQ(calibrated.calibration.size(), 4U);
  const QuantizedTensor& input = calibrated.network.tensors[0];
  EXPECT_FLOAT_EQ(input.scale, 3.0F / 255);
  const Workload run = load_workload(request);  // a run calibrates on the data set, and runs on the inputs
  EXPECT_EQ(run.calibration.size(), 1U);
  EXPECT_EQ(run.images.size(), 4U);
  ASSERT_EQ(run.remarks.size(), 1U);
  EXPECT_NE(run.remarks[0].find("to 3,"), std::string::npos) << run.remarks[0];
}

TEST_F(InputArrays, CalibrationInputsBesideADataSetBad) {
  WorkloadRequest request = lenet();
  request.inputs = {save({1, 32, 32})};
  request.dataset = "digits";
  expect_refused([&] { load_network(request); }, {"--dataset digits", "--input"});
  request.dataset = "";
  request.given_quantize_options = {"--calibration-images"};
  expect_refused([&] { load_network(request); }, {"--calibration-images", "--input"});
  request.given_quantize_options = {};
  request.normalization.mean = {0.5};
  expect_refused([&] { load_network(request); }, {"--mean", "--input"});
}

TEST_F(InputArrays, LayoutWithoutArraysBad) {
  WorkloadRequest request = lenet();
  request.channels_last = true;
  expect_refused([&] { load_workload(request); }, {"--input-layout nhwc", "--input"});
  request.dataset = "digits";
  expect_refused([&] { load_network(request); }, {"--input-layout nhwc", "arrays:DIR"});
}

TEST_F(InputArrays, LabelsGoWithImages) {
  WorkloadRequest request = lenet();
  request.labels = write_plain(folder_ / "l.npy", npy_bytes("|u1", "(2,)", {3, 4}));
  expect_refused([&] { load_workload(request); }, {"l.npy", "labels of its own"});
  request.inputs = {save({3, 1, 32, 32})};
  expect_refused([&] { load_workload(request); }, {"l.npy", "2 labels for 3 images"});
  request.inputs = {save({2, 1, 32, 32})};
  EXPECT_EQ(load_workload(request).labels, (std::vector<int>{3, 4}));
}

}  // namespace
}  // namespace systoliq::tb
