// SPDX-License-Identifier: Apache-2.0
// Shapes are compared, never guessed; channels-last arrays are turned on request.
#include "tb/workload/input_arrays.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tb/data/class_folder.h"
#include "types/error.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

/// [1, c, h, w] as [1, h, w, c]; the same where there is no axis behind the channels.
Shape channels_last(Shape shape) {
  if (shape.size() > 2) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

/// The first axis counts images.
bool has_batch(const Shape& one) { return !one.empty() && one.front() == 1; }

Shape without_batch(const Shape& shape) { return {shape.begin() + (has_batch(shape) ? 1 : 0), shape.end()}; }

/// Images of the shape `one` that an array holds, 0 where it does not fit.
std::int64_t count_images(const Shape& found, const Shape& one) {
  if (!has_batch(one)) return found == one ? 1 : 0;
  const Shape rest = without_batch(one);
  if (found == rest) return 1;
  return found.size() == rest.size() + 1 && std::equal(rest.begin(), rest.end(), found.begin() + 1) ? found[0] : 0;
}

std::string batch_form(const Shape& one) {
  const std::string text = to_string(without_batch(one));
  return "[n, " + text.substr(1);
}

[[noreturn]] void refuse_shape(const ArrayFile& array, const InputForm& form, const Shape& one) {
  std::string hint;
  const Shape other = form.channels_last ? form.shape : channels_last(form.shape);
  if (count_images(array.shape(), other) > 0) {
    hint = form.channels_last ? "; it fits without --input-layout nhwc" : "; --input-layout nhwc takes channels last";
  }
  throw InputError(array.name() + ": shape " + to_string(array.shape()) + " does not fit the network's input " +
                   to_string(form.shape) + "; accepted: " + to_string(without_batch(one)) + ", or " + batch_form(one) +
                   " for n images" + (form.channels_last ? ", since --input-layout is nhwc" : "") + hint);
}

/// [h, w, c] to [c, h, w], whatever lies between the first and the last axis.
void move_channels_first(const Shape& shape, std::vector<float>* image) {
  const auto channels = static_cast<std::size_t>(shape[1]);
  const std::size_t pixels = image->size() / channels;
  std::vector<float> turned(image->size());
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::size_t c = 0; c < channels; ++c) turned[c * pixels + pixel] = (*image)[pixel * channels + c];
  }
  image->swap(turned);
}

/// The reals that integers of the network's input stand for.
void dequantize(const std::string& name, const QuantizedTensor& as, std::vector<float>* values) {
  const auto half = static_cast<float>(1 << (as.bits - 1));
  const auto offset = static_cast<float>(as.storage_offset);
  for (float& value : *values) {
    if (value != std::floor(value) || value < offset - half || value >= offset + half) {
      std::ostringstream text;
      text << name << ": holds " << value << "; the network's input '" << as.name << "' takes integers from "
           << offset - half << " to " << offset + half - 1;
      throw InputError(text.str());
    }
    value = as.scale * (value - static_cast<float>(as.zero_point) - offset);
  }
}

bool is_array_file(const fs::path& path) { return path.extension() == ".npy" || path.extension() == ".npz"; }

/// The arrays of a folder by name, or the file itself.
std::vector<std::string> files_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (is_array_file(entry.path())) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw InputError(path + ": the folder holds no .npy or .npz file; at least one is needed");
  return files;
}

/// FILE of [NAME=]FILE.
std::string path_of(const std::string& argument, const InputForm& form) {
  const std::size_t equals = argument.find('=');
  std::error_code none;
  if (equals == std::string::npos || fs::exists(argument, none)) return argument;
  if (argument.substr(0, equals) == form.name) return argument.substr(equals + 1);
  throw InputError("--input " + argument + ": the network has no input '" + argument.substr(0, equals) +
                   "'; accepted: '" + form.name + "'");
}

/// Pixels of [1, c, …] to what the network takes.
void normalize(const Normalization& normalization, FloatTensor* image) {
  const std::int64_t size = element_count(image->shape) / image->shape.at(1);
  for (std::size_t i = 0; i < image->data.size(); ++i) {
    image->data[i] = normalization.apply(image->data[i], static_cast<std::int64_t>(i) / size);
  }
}

int label_of(const std::string& path, double value) {
  if (value >= 0.0 && value < 1e9 && value == std::floor(value)) return static_cast<int>(value);
  std::ostringstream text;
  text << path << ": label " << value << "; integers from 0 on are accepted";
  throw InputError(text.str());
}

}  // namespace

std::vector<FloatTensor> images_of(ArrayFile array, const InputForm& form) {
  if (form.channels_last && form.shape.size() < 3) {
    throw InputError("--input-layout nhwc: the network's input " + to_string(form.shape) +
                     " has no channels beside pixels; accepted: the layout of the network itself");
  }
  const Shape one = form.channels_last ? channels_last(form.shape) : form.shape;
  const std::int64_t count = count_images(array.shape(), one);
  if (count == 0) refuse_shape(array, form, one);
  FloatTensor values = array.read();
  if (form.integers != nullptr) dequantize(array.name(), *form.integers, &values.data);
  std::vector<FloatTensor> images;
  const std::int64_t size = element_count(form.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto first = values.data.begin() + i * size;
    std::vector<float> image(first, first + size);
    if (form.channels_last) move_channels_first(form.shape, &image);
    images.emplace_back(form.shape, std::move(image));
  }
  return images;
}

std::vector<FloatTensor> read_inputs(const std::vector<std::string>& arguments, const InputForm& form) {
  std::vector<FloatTensor> images;
  for (const std::string& argument : arguments) {
    for (const std::string& file : files_of(path_of(argument, form))) {
      for (FloatTensor& image : images_of(open_array(file, form.name), form)) images.push_back(std::move(image));
    }
  }
  return images;
}

std::vector<FloatTensor> read_array_folder(const std::string& folder, const std::string& split, std::int64_t count,
                                           const InputForm& form, const Normalization& normalization, bool given,
                                           std::vector<int>* labels) {
  std::vector<FloatTensor> images;
  check_normalization(normalization, form.shape.at(1));
  for (const auto& [path, label] : list_class_files(folder, split, {".npy", ".npz"}).files) {
    ArrayFile array = open_array(path, form.name);
    const bool pixels = array.holds_bytes();
    if (given && !pixels) {
      throw InputError("--mean, --std: " + path + " holds no pixels (uint8), but values as the network takes them");
    }
    for (FloatTensor& image : images_of(std::move(array), form)) {
      if (static_cast<std::int64_t>(images.size()) == count) return images;
      if (pixels) normalize(normalization, &image);
      if (label >= 0) labels->push_back(label);
      images.push_back(std::move(image));
    }
  }
  return images;
}

std::vector<int> read_labels(const std::string& path) {
  std::vector<int> labels;
  if (is_array_file(path)) {
    ArrayFile array = open_array(path);
    const Shape& shape = array.shape();
    if (!array.holds_integers() || shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)) {
      throw InputError(path + ": labels of shape " + to_string(shape) + "; integers [n] or [n, 1] are accepted");
    }
    for (const float value : array.read().data) labels.push_back(label_of(path, double{value}));
    return labels;
  }
  std::ifstream file(path);
  if (!file || fs::is_directory(path)) throw InputError(path + ": cannot be read; a file with labels is needed");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    double value = -1.0;
    std::string rest;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!(words >> value) || words >> rest) {
      throw InputError(path + ": '" + line + "' is no label; one number a line is accepted");
    }
    labels.push_back(label_of(path, value));
  }
  if (labels.empty()) throw InputError(path + ": holds no label");
  return labels;
}

std::string saturation_remark(const std::vector<FloatTensor>& images, const QuantizedTensor& input) {
  const double scale = double{input.scale};
  const double lowest = -std::ldexp(1.0, input.bits - 1) - input.zero_point;
  const double highest = std::ldexp(1.0, input.bits - 1) - 1.0 - input.zero_point;
  double low = 0.0, high = 0.0;
  std::int64_t outside = 0, all = 0;
  for (const FloatTensor& image : images) {
    for (const float value : image.data) {
      const double stored = std::nearbyint(double{value} / scale);
      if (stored < lowest || stored > highest) ++outside;
      low = std::min(low, double{value});
      high = std::max(high, double{value});
    }
    all += static_cast<std::int64_t>(image.data.size());
  }
  const double width = (highest - lowest) * scale;
  const bool far = low < lowest * scale - width || high > highest * scale + width;
  if (outside == 0 || (!far && 20 * outside < all)) return "";
  std::ostringstream text;
  text.precision(3);
  text << "input '" << input.name << "': " << 100.0 * static_cast<double>(outside) / static_cast<double>(all)
       << " % of the values, which reach from " << low << " to " << high << ", lie outside the calibrated range ["
       << lowest * scale << ", " << highest * scale << "] and saturate";
  return text.str();
}

}  // namespace systoliq::tb
