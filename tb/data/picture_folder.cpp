// SPDX-License-Identifier: Apache-2.0
// A folder of pictures as a data set.
#include <algorithm>

#include "tb/data/class_folder.h"
#include "tb/data/dataset.h"
#include "tb/data/picture_file.h"

namespace systoliq::tb {
namespace {

constexpr std::size_t kMaxValues = std::size_t{1} << 31;

/// Rows of interleaved channels as `channels` planes; a gray picture fills all of them.
void append_planes(const Picture& picture, std::int64_t channels, std::vector<float>* values) {
  const std::size_t pixels = static_cast<std::size_t>(picture.height * picture.width);
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto from = static_cast<std::size_t>(picture.channels == 1 ? 0 : c);
    for (std::size_t i = 0; i < pixels; ++i) {
      values->push_back(static_cast<float>(picture.pixels[i * static_cast<std::size_t>(picture.channels) + from]));
    }
  }
}

}  // namespace

Dataset read_pictures(const std::string& folder, const std::string& split, std::int64_t limit) {
  const ClassFiles listed = list_class_files(folder, split, {".png", ".jpg", ".jpeg"},
                                             {".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"});
  Dataset data;
  data.name = "pictures";
  std::vector<Picture> pictures;
  std::int64_t channels = 1;
  std::size_t values = 0;
  for (const auto& [path, label] : listed.files) {
    if (static_cast<std::int64_t>(pictures.size()) == limit) break;
    Picture picture = read_picture(path);
    if (!pictures.empty() && (picture.height != pictures[0].height || picture.width != pictures[0].width)) {
      throw InputError(path + ": " + std::to_string(picture.height) + " × " + std::to_string(picture.width) +
                       " pixels, but " + listed.files[0].first + " has " + std::to_string(pictures[0].height) + " × " +
                       std::to_string(pictures[0].width) + "; accepted: pictures of one size");
    }
    values += 3 * picture.pixels.size();
    if (values > kMaxValues) throw InputError(folder + ": more than 2^31 values; accepted with --images: fewer");
    channels = std::max(channels, picture.channels);
    if (label >= 0) data.labels.push_back(label);
    pictures.push_back(std::move(picture));
  }
  for (const Picture& picture : pictures) append_planes(picture, channels, &data.images.data);
  data.images.shape = {static_cast<std::int64_t>(pictures.size()), channels, pictures[0].height, pictures[0].width};
  return data;
}

}  // namespace systoliq::tb
