// SPDX-License-Identifier: Apache-2.0
// The places of well-known data sets, one after the other.
#include "tb/data/dataset_places.h"

#include <filesystem>

#include "tb/data/array_file.h"
#include "tb/data/byte_reader.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

bool is_file(const std::string& path) {
  std::error_code none;
  return fs::is_regular_file(path, none);
}

bool is_there(const std::string& path) { return is_file(path) || is_file(path + ".gz"); }

/// Keras's archive: x_train [n, h, w], y_train [n], x_test, y_test, of uint8.
Dataset read_keras(const std::string& path, bool train, std::int64_t limit) {
  ArrayFile images = open_member(path, train ? "x_train" : "x_test");
  const Shape shape = images.shape();
  ArrayFile labels = open_member(path, train ? "y_train" : "y_test");
  const Shape& label_shape = labels.shape();
  if (shape.size() != 3 || !images.holds_bytes() || element_count(shape) == 0) {
    throw InputError(images.name() + ": shape " + to_string(shape) +
                     "; pixels [n, height, width] of uint8 are accepted");
  }
  if (label_shape != Shape{shape[0]} || !labels.holds_bytes()) {
    throw InputError(labels.name() + ": shape " + to_string(label_shape) + "; labels [" + std::to_string(shape[0]) +
                     "] of uint8 are accepted");
  }
  Dataset data;
  data.images = images.read(limit);
  data.images.shape = {data.images.shape[0], 1, shape[1], shape[2]};
  for (const float label : labels.read(limit).data) data.labels.push_back(static_cast<int>(label));
  return data;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Dataset open_mnist(const std::string& place, bool fashion, bool train, std::int64_t limit) {
  if (limit < 1) throw InputError("data set of " + std::to_string(limit) + " images; at least 1 is accepted");
  if (is_file(place)) return read_keras(place, train, limit);
  const std::string split = train ? "/train" : "/t10k";
  std::vector<std::string> folders = {place, place + "/raw", place + (fashion ? "/FashionMNIST/raw" : "/MNIST/raw")};
  if (fashion) folders.push_back(place + "/fashion-mnist");
  for (const std::string& folder : folders) {
    const std::string images = folder + split + "-images-idx3-ubyte";
    if (!is_there(images)) continue;
    return read_idx(plain_or_gzip(images), plain_or_gzip(folder + split + "-labels-idx1-ubyte"), limit);
  }
  if (!fashion && is_file(place + "/mnist.npz")) return read_keras(place + "/mnist.npz", train, limit);
  const std::string images = place + split + "-images-idx3-ubyte";
  folders.erase(folders.begin());
  throw InputError(images + ": no such file, nor " + images + ".gz, nor in " + joined(folders) +
                   (fashion ? "" : ", nor " + place + "/mnist.npz"));
}

Dataset open_cifar(const std::string& place, bool hundred, bool train, std::int64_t limit) {
  if (is_file(place)) return read_cifar({place}, hundred, limit);
  const std::string name = hundred ? "/cifar-100" : "/cifar-10-batches";
  const std::string pickled = name + (hundred ? "-python" : "-py"), binary = name + (hundred ? "-binary" : "-bin");
  std::vector<std::string> batches;
  for (int batch = 1; train && !hundred && batch <= 5; ++batch)
    batches.push_back("/data_batch_" + std::to_string(batch));
  if (batches.empty()) batches = {hundred && train ? "/train" : hundred ? "/test" : "/test_batch"};
  for (const std::string& folder : {place, place + binary, place + pickled, place + pickled + "-target" + pickled}) {
    for (const std::string ending : {".bin", ""}) {
      if (!is_there(folder + batches.front() + ending)) continue;
      std::vector<std::string> paths;
      for (const std::string& batch : batches) paths.push_back(plain_or_gzip(folder + batch + ending));
      return read_cifar(paths, hundred, limit);
    }
  }
  const std::string first = place + batches.front() + ".bin";
  throw InputError(first + ": no such file, nor " + first + ".gz, nor " + place + batches.front() +
                   " (pickled), nor in " + place + binary + " or " + place + pickled);
}

}  // namespace systoliq::tb
