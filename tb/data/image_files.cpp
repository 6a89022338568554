// SPDX-License-Identifier: Apache-2.0
// Image data sets in files: IDX (the format of MNIST, big endian) and the batches of CIFAR.
#include <algorithm>
#include <cstdio>

#include "tb/data/byte_reader.h"
#include "tb/data/dataset.h"
#include "tb/data/pickle.h"

namespace systoliq::tb {
namespace {

constexpr std::uint32_t kIdxImages = 0x00000803, kIdxLabels = 0x00000801;  // unsigned bytes, three and one dimensions
constexpr std::int64_t kMaxImages = 10'000'000, kMaxSide = 1024, kMaxPixels = std::int64_t{1} << 31;
constexpr int kClasses = 10;

std::string hexadecimal(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

std::int64_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t word) {
  const std::uint8_t* b = bytes.data() + 4 * word;
  return std::int64_t{b[0]} << 24 | std::int64_t{b[1]} << 16 | std::int64_t{b[2]} << 8 | std::int64_t{b[3]};
}

/// Magic number and dimensions; the first one is the number of items.
std::vector<std::int64_t> read_idx_header(ByteReader& reader, std::uint32_t magic, std::size_t dimensions) {
  const auto found = static_cast<std::uint32_t>(big_endian(reader.read(4, "the IDX magic number"), 0));
  if (found != magic) {
    throw InputError(reader.path() + ": IDX magic number " + hexadecimal(found) + "; " + hexadecimal(magic) + " (" +
                     (magic == kIdxImages ? "images" : "labels") + " as unsigned bytes) is accepted");
  }
  const std::vector<std::uint8_t> header = reader.read(4 * dimensions, "the IDX header");
  std::vector<std::int64_t> shape;
  for (std::size_t i = 0; i < dimensions; ++i) shape.push_back(big_endian(header, i));
  if (shape[0] < 1 || shape[0] > kMaxImages) {
    throw InputError(reader.path() + ": " + std::to_string(shape[0]) + " items; 1 to " + std::to_string(kMaxImages) +
                     " are accepted");
  }
  return shape;
}

int checked_label(const std::string& path, std::int64_t index, std::int64_t label, int classes = kClasses) {
  if (label >= 0 && label < classes) return static_cast<int>(label);
  throw InputError(path + ": label " + std::to_string(label) + " of image " + std::to_string(index) + "; 0 to " +
                   std::to_string(classes - 1) + " are accepted");
}

void check_limit(std::int64_t limit) {
  if (limit < 1) throw InputError("data set of " + std::to_string(limit) + " images; at least 1 is accepted");
}

/// How CIFAR-10 and CIFAR-100 differ.
struct CifarForm {
  int classes;
  std::size_t label_bytes;  ///< before the pixels; the last of them counts
  std::string labels_key;   ///< of pickles
};

constexpr std::size_t kCifarPixels = 3 * 32 * 32;

/// A pickle begins with a byte that is no label.
bool is_pickle(const std::string& path) {
  constexpr std::uint8_t kProtocol = 0x80;
  const std::vector<std::uint8_t> first = ByteReader(path).read_up_to(1);
  return !first.empty() && first[0] == kProtocol;
}

void append_pickle(const std::string& path, const CifarForm& form, std::int64_t limit, Dataset* data) {
  const CifarPickle batch = read_cifar_pickle(path, form.labels_key);
  if (batch.labels.size() * kCifarPixels != batch.pixels.size()) {
    throw InputError(path + ": " + std::to_string(batch.labels.size()) + " labels for " +
                     std::to_string(batch.pixels.size() / kCifarPixels) + " images");
  }
  for (std::size_t i = 0; i < batch.labels.size() && static_cast<std::int64_t>(data->labels.size()) < limit; ++i) {
    const auto index = static_cast<std::int64_t>(data->labels.size());
    data->labels.push_back(checked_label(path, index, batch.labels[i], form.classes));
    const auto pixels = batch.pixels.begin() + static_cast<std::ptrdiff_t>(i * kCifarPixels);
    data->images.data.insert(data->images.data.end(), pixels, pixels + kCifarPixels);
  }
}

void append_records(const std::string& path, const CifarForm& form, std::int64_t limit, Dataset* data) {
  ByteReader reader(path);
  const std::size_t size = form.label_bytes + kCifarPixels;
  while (static_cast<std::int64_t>(data->labels.size()) < limit) {
    const std::vector<std::uint8_t> record = reader.read_up_to(size);
    if (record.empty()) break;
    const auto index = static_cast<std::int64_t>(data->labels.size());
    if (record.size() != size) {
      throw InputError(path + ": truncated: image " + std::to_string(index) + " has " + std::to_string(record.size()) +
                       " of " + std::to_string(size) + " bytes");
    }
    data->labels.push_back(checked_label(path, index, record[form.label_bytes - 1], form.classes));
    const auto pixels = record.begin() + static_cast<std::ptrdiff_t>(form.label_bytes);
    data->images.data.insert(data->images.data.end(), pixels, record.end());
    if (index >= kMaxImages) break;  // refused by the caller
  }
}

}  // namespace

Dataset read_idx(const std::string& images_path, const std::string& labels_path, std::int64_t limit) {
  check_limit(limit);
  ByteReader images(images_path);
  ByteReader labels(labels_path);
  const std::vector<std::int64_t> shape = read_idx_header(images, kIdxImages, 3);
  const std::int64_t label_count = read_idx_header(labels, kIdxLabels, 1)[0];
  if (shape[1] < 1 || shape[2] < 1 || shape[1] > kMaxSide || shape[2] > kMaxSide) {
    throw InputError(images_path + ": images of " + std::to_string(shape[1]) + " × " + std::to_string(shape[2]) +
                     "; 1 to " + std::to_string(kMaxSide) + " pixels a side are accepted");
  }
  if (label_count != shape[0]) {
    throw InputError(labels_path + ": " + std::to_string(label_count) + " labels for " + std::to_string(shape[0]) +
                     " images of " + images_path);
  }
  const std::int64_t count = std::min(limit, shape[0]);
  const std::int64_t pixels = count * shape[1] * shape[2];
  if (pixels > kMaxPixels) {
    throw InputError(images_path + ": " + std::to_string(pixels) + " pixels; at most " + std::to_string(kMaxPixels) +
                     " are accepted");
  }
  const auto label_bytes = labels.read(static_cast<std::size_t>(count), "the labels");
  const auto pixel_bytes = images.read(static_cast<std::size_t>(pixels), "the images");
  if (count == shape[0]) {
    labels.expect_end();
    images.expect_end();
  }
  Dataset data;
  data.name = "idx";
  for (std::size_t i = 0; i < label_bytes.size(); ++i) {
    data.labels.push_back(checked_label(labels_path, static_cast<std::int64_t>(i), label_bytes[i]));
  }
  data.images.shape = {count, 1, shape[1], shape[2]};
  data.images.data.assign(pixel_bytes.begin(), pixel_bytes.end());
  return data;
}

Dataset read_cifar(const std::vector<std::string>& paths, bool hundred, std::int64_t limit) {
  check_limit(limit);
  Dataset data;
  data.name = hundred ? "cifar100" : "cifar10";
  const CifarForm form{hundred ? 100 : 10, hundred ? 2U : 1U, hundred ? "fine_labels" : "labels"};
  for (const std::string& path : paths) {
    if (static_cast<std::int64_t>(data.labels.size()) >= limit) break;
    if (is_pickle(path)) {
      append_pickle(path, form, limit, &data);
    } else {
      append_records(path, form, limit, &data);
    }
    if (static_cast<std::int64_t>(data.labels.size()) > kMaxImages) {
      throw InputError(path + ": more than " + std::to_string(kMaxImages) + " images");
    }
  }
  const auto count = static_cast<std::int64_t>(data.labels.size());
  if (count == 0) throw InputError((paths.empty() ? data.name : paths.front()) + ": holds no image");
  data.images.shape = {count, 3, 32, 32};
  return data;
}

Dataset read_cifar10(const std::vector<std::string>& paths, std::int64_t limit) {
  return read_cifar(paths, false, limit);
}

}  // namespace systoliq::tb
