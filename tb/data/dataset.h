// SPDX-License-Identifier: Apache-2.0
// Data sets as float images with labels: IDX (plain or gzip), CIFAR-10 binary, .npy, and the built-in digits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tb/data/normalization.h"
#include "types/tensor.h"

namespace systoliq::tb {

/// Images [n, c, h, w] with raw pixels 0..255, and a label each, from 0 on; or no label at all.
struct Dataset {
  std::string name;
  FloatTensor images;
  std::vector<int> labels;
};

/// All images of a file, where a limit is asked for.
inline constexpr std::int64_t kAllImages = INT64_MAX;

/// The first `limit` images and labels of an IDX pair, plain or gzip. Throws InputError for a wrong magic number,
/// counts that differ, labels above 9, a truncated file or bytes too many; allocates no more than the file holds.
Dataset read_idx(const std::string& images_path, const std::string& labels_path, std::int64_t limit = kAllImages);
/// The first `limit` images of CIFAR-10 batches in the given order, or with `hundred` of CIFAR-100 with its fine
/// labels: records of one label byte (two, coarse and fine) and 3 × 32 × 32 pixels, plain or gzip; or pickles, told by
/// their first byte. Throws InputError likewise.
Dataset read_cifar(const std::vector<std::string>& paths, bool hundred, std::int64_t limit = kAllImages);
/// read_cifar() of CIFAR-10.
Dataset read_cifar10(const std::vector<std::string>& paths, std::int64_t limit = kAllImages);
/// The first `limit` PNG and JPEG files of a folder, as list_class_files() (class_folder.h) orders them; of one size.
/// Gray ones become colored where others are. Throws InputError.
Dataset read_pictures(const std::string& folder, const std::string& split, std::int64_t limit = kAllImages);
/// Draws `count` handwritten-like digits, 1 × 32 × 32, from strokes with random affine distortion and noise; seeded.
/// Image i shows i mod 10 and depends on seed and i only, so a smaller set is the beginning of a larger one.
Dataset make_digits(std::int64_t count, std::uint64_t seed);
/// What a data set is named, for messages. "random" and "arrays:DIR" are made in tb/workload.
inline constexpr const char* kDatasetNames =
    "digits, random, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, pictures:DIR, arrays:DIR";

/// A data set by its name, of split "train" or "test"; at most `limit` images (exactly so for "digits"). DIR holds the
/// files where open_mnist(), open_cifar() (dataset_places.h) or read_pictures() look for them. Throws InputError.
Dataset open_dataset(const std::string& spec, const std::string& split, std::int64_t limit);
/// Image i as the network's input [1, c, h, w]: surrounds 28 × 28 with black where the network asks for 32 × 32, takes
/// the middle of 32 × 32 where it asks for 28 × 28, and normalizes pixels, by default as the built-in networks were
/// trained. Throws InputError where the shapes do not fit.
FloatTensor network_input(const Dataset& data, std::int64_t index, const Shape& input_shape,
                          const Normalization& normalization = {});

/// All of open_array() (array_file.h).
FloatTensor read_npy(const std::string& path);
void write_npy(const std::string& path, const FloatTensor& values);
void write_npy(const std::string& path, const IntTensor& values);
void write_npy(const std::string& path, const Tensor<std::int8_t>& values);
void write_npy(const std::string& path, const Tensor<std::uint8_t>& values);
void write_npy(const std::string& path, const Tensor<std::int64_t>& values);
void write_npy(const std::string& path, const Tensor<std::int16_t>& values);
void write_npy(const std::string& path, const Tensor<std::uint16_t>& values);

}  // namespace systoliq::tb
