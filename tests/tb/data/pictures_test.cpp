// SPDX-License-Identifier: Apache-2.0
// Pictures and folders of them: every kind that is read, every way of being wrong, and the order of a data set.
#include <gtest/gtest.h>

#include "tb/data/class_folder.h"
#include "tb/data/dataset.h"
#include "tb/data/picture_file.h"
#include "tests/tb/data/picture_writer.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

/// Smooth colors, so that JPEG changes them little.
Bytes gradient(std::size_t height, std::size_t width, std::size_t channels) {
  Bytes pixels;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c)
        pixels.push_back(static_cast<std::uint8_t>(20 + 9 * y + 5 * x + 30 * c));
    }
  }
  return pixels;
}

class Pictures : public testing::Test {
 protected:
  void make(const std::string& name, std::uint8_t value, unsigned format = PNG_FORMAT_GRAY, unsigned side = 2) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    write_png(folder_ / name, side, side, format, Bytes(side * side * PNG_IMAGE_PIXEL_CHANNELS(format), value));
  }
  TemporaryFolder folder_;
};

TEST_F(Pictures, PngOfEveryKind) {
  for (const auto& [format, channels] :
       std::vector<std::pair<unsigned, std::size_t>>{{PNG_FORMAT_GRAY, 1}, {PNG_FORMAT_RGB, 3}}) {
    const Bytes pixels = gradient(5, 7, channels);
    const Picture picture = read_picture(write_png(folder_ / "x.png", 5, 7, format, pixels));
    EXPECT_EQ(picture.height, 5);
    EXPECT_EQ(picture.width, 7);
    EXPECT_EQ(picture.channels, static_cast<std::int64_t>(channels));
    EXPECT_EQ(picture.pixels, pixels);
  }
  const Bytes alpha = {10, 20, 30, 255, 40, 50, 60, 255};
  const Picture opaque = read_picture(write_png(folder_ / "a.png", 1, 2, PNG_FORMAT_RGBA, alpha));
  EXPECT_EQ(opaque.channels, 3);
  EXPECT_EQ(opaque.pixels, (Bytes{10, 20, 30, 40, 50, 60}));
}

TEST_F(Pictures, JpegGrayAndColor) {
  for (const std::size_t channels : {1U, 3U}) {
    const Bytes pixels = gradient(8, 16, channels);
    const Picture picture = read_picture(write_jpeg(folder_ / "x.jpg", 8, 16, static_cast<int>(channels), pixels));
    EXPECT_EQ(picture.channels, static_cast<std::int64_t>(channels));
    ASSERT_EQ(picture.pixels.size(), pixels.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) ASSERT_NEAR(picture.pixels[i], pixels[i], 3) << i;
  }
}

TEST_F(Pictures, DamagedFilesBad) {
  write_png(folder_ / "x.png", 5, 7, PNG_FORMAT_RGB, gradient(5, 7, 3));
  write_jpeg(folder_ / "x.jpg", 8, 16, 3, gradient(8, 16, 3));
  for (const char* name : {"x.png", "x.jpg"}) {
    const Bytes whole = read_bytes(folder_ / name);
    for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{30}, whole.size() / 2}) {
      write_plain(folder_ / "cut", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
      expect_refused([&] { read_picture(folder_ / "cut"); }, {"cut: damaged"});
    }
    for (std::size_t at = 1; at < whole.size(); ++at) {  // must not crash, whatever it says
      Bytes wrong = whole;
      wrong[at] ^= 0xFF;
      try {
        read_picture(write_plain(folder_ / "flip", wrong));
      } catch (const InputError&) {
      }
    }
  }
}

TEST_F(Pictures, KindsThatAreNotAcceptedBad) {
  expect_refused(
      [&] {
        read_picture(write_plain(folder_ / "x.bmp", {'B', 'M', 0}));
      },
      {"x.bmp", "neither PNG nor JPEG"});
  expect_refused([&] { read_picture(write_plain(folder_ / "empty.png", {})); }, {"empty.png"});
  expect_refused([&] { read_picture(folder_ / "absent.png"); }, {"absent.png"});
  write_png(folder_ / "t.png", 1, 1, PNG_FORMAT_RGBA, {1, 2, 3, 128});
  expect_refused([&] { read_picture(folder_ / "t.png"); }, {"t.png", "transparent"});
  png_image wide{};
  wide.version = PNG_IMAGE_VERSION;
  wide.height = wide.width = 1;
  wide.format = PNG_FORMAT_LINEAR_Y;
  const std::uint16_t value = 700;
  ASSERT_NE(png_image_write_to_file(&wide, (folder_ / "w.png").c_str(), 0, &value, 0, nullptr), 0);
  expect_refused([&] { read_picture(folder_ / "w.png"); }, {"w.png", "16 bits"});
  Bytes huge = read_bytes(write_png(folder_ / "h.png", 1, 1, PNG_FORMAT_GRAY, {1}));
  huge[18] = 0x7F;  // a width of two thousand million; the check sum is then wrong too
  expect_refused([&] { read_picture(write_plain(folder_ / "h.png", huge)); }, {"h.png"});
}

/// Classes by name, and the beginning of the set holds all of them.
TEST_F(Pictures, ClassBySubfolder) {
  for (const char* name : {"train/dog/b.png", "train/dog/a.png", "train/cat/deep/z.PNG", "train/ant/1.png"})
    make(name, 7);
  make("val/cat/1.png", 9);
  make("val/ant/1.png", 8);
  make("train/.hidden/1.png", 1);
  const ClassFiles files = list_class_files(folder_ / "", "train", {".png"});
  EXPECT_EQ(files.classes, (std::vector<std::string>{"ant", "cat", "dog"}));
  const Dataset train = open_dataset("pictures:" + (folder_ / ""), "train", kAllImages);
  EXPECT_EQ(train.labels, (std::vector<int>{0, 1, 2, 2}));
  EXPECT_EQ(train.images.shape, (Shape{4, 1, 2, 2}));
  const Dataset test = open_dataset("pictures:" + (folder_ / ""), "test", kAllImages);
  EXPECT_EQ(test.labels, (std::vector<int>{0, 1}));
  EXPECT_EQ(test.images.data, (std::vector<float>{8, 8, 8, 8, 9, 9, 9, 9}));
  EXPECT_EQ(open_dataset("pictures:" + (folder_ / ""), "train", 2).labels, (std::vector<int>{0, 1}));
}

TEST_F(Pictures, ManyClasses) {
  for (int i = 0; i < 300; ++i) make("class" + std::to_string(1000 + i) + "/x.png", static_cast<std::uint8_t>(i));
  const Dataset data = open_dataset("pictures:" + (folder_ / ""), "test", kAllImages);
  ASSERT_EQ(data.labels.size(), 300U);
  EXPECT_EQ(data.labels.back(), 299);
}

TEST_F(Pictures, WithoutClassesThereAreNoLabels) {
  make("a.png", 1);
  make("b.png", 2, PNG_FORMAT_RGB);
  const Dataset data = open_dataset("pictures:" + (folder_ / ""), "train", kAllImages);
  EXPECT_TRUE(data.labels.empty());
  EXPECT_EQ(data.images.shape, (Shape{2, 3, 2, 2}));  // the gray one beside a colored one
  EXPECT_EQ(data.images.data[0], 1.0F);
}

TEST_F(Pictures, PlanesAreChannels) {
  write_png(folder_ / "x.png", 1, 2, PNG_FORMAT_RGB, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(open_dataset("pictures:" + (folder_ / ""), "train", 1).images.data, (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST_F(Pictures, FoldersBad) {
  const auto refused = [&](const std::vector<std::string>& parts, const std::string& split = "train") {
    expect_refused([&] { open_dataset("pictures:" + (folder_ / "set"), split, kAllImages); }, parts);
  };
  refused({"set", "no such folder"});
  fs::create_directories(folder_ / "set");
  refused({"set", "no file .png, .jpg, .jpeg"});
  make("set/a/1.png", 1);
  make("set/loose.png", 1);
  refused({"loose.png", "'a'"});
  fs::remove(folder_ / "set/loose.png");
  make("set/b/2.png", 1, PNG_FORMAT_GRAY, 3);
  refused({"2.png", "3 × 3", "1.png has 2 × 2"});
  write_plain(folder_ / "set/b/3.webp", {1});
  refused({"3.webp", ".png"});
  fs::remove_all(folder_ / "set/b");
  fs::create_directories(folder_ / "set/b");
  refused({"set/b", "class holds no file"});
  fs::remove_all(folder_ / "set");
  make("set/train/a/1.png", 1);
  refused({"set/val", "other split"}, "test");
}

}  // namespace
}  // namespace systoliq::tb
