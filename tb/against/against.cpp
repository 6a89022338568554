// SPDX-License-Identifier: Apache-2.0
// Finds, fits and compares; arithmetic is a subtraction.
#include "tb/against/against.h"

#include <algorithm>
#include <cmath>

#include "sw_ref/quantizer/integer/stored_values.h"
#include "tb/against/dumped_arrays.h"
#include "tb/data/array_file.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

using Outputs = std::vector<std::vector<IntTensor>>;

/// Places of image, channel, row and column in an array, by the array's axes; -1: the axis is absent.
struct Fit {
  std::int64_t image_step = 0, channel_step = 0, row_step = 0, column_step = 0;
};

/// All shapes that hold `images` tensors [1, c, h, w].
std::vector<Shape> accepted_shapes(const Shape& tensor, std::int64_t images, ArrayLayout layout) {
  const bool channels_last = layout == ArrayLayout::kNhwc;
  const Shape one = channels_last ? Shape{tensor[2], tensor[3], tensor[1]} : Shape{tensor[1], tensor[2], tensor[3]};
  std::vector<Shape> shapes;
  const auto add = [&](Shape shape) {
    if (images == 1) shapes.push_back(shape);
    shape.insert(shape.begin(), images);
    shapes.push_back(std::move(shape));
  };
  add(one);
  if (tensor[2] == 1 && tensor[3] == 1) add({tensor[1]});
  return shapes;
}

Fit fit(const Shape& tensor, ArrayLayout layout) {
  const std::int64_t c = tensor[1], h = tensor[2], w = tensor[3];
  if (layout == ArrayLayout::kNhwc) return {c * h * w, 1, w * c, c};
  return {c * h * w, h * w, w, 1};
}

std::string list(const std::vector<Shape>& shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "" : " or ") + to_string(shape);
  return text;
}

ArrayMeaning meaning_of(const ArrayFile& array) {
  if (!array.holds_integers()) return ArrayMeaning::kReal;
  return array.holds_unsigned() ? ArrayMeaning::kQuantized : ArrayMeaning::kStored;
}

/// Reals that lie as the machine's integers.
FloatTensor in_tensor_order(const IntTensor& stored, const QuantizedTensor& tensor) {
  FloatTensor values(stored.shape);
  std::transform(stored.data.begin(), stored.data.end(), values.data.begin(),
                 [&](std::int32_t value) { return sw_ref::to_real(value, tensor); });
  return values;
}

/// Our numbers, in the array's meaning.
FloatTensor numbers(const IntTensor& stored, const QuantizedTensor& tensor, ArrayMeaning meaning) {
  if (meaning == ArrayMeaning::kReal) return in_tensor_order(stored, tensor);
  FloatTensor values(stored.shape);
  const std::int32_t offset = meaning == ArrayMeaning::kQuantized ? tensor.storage_offset : 0;
  std::transform(stored.data.begin(), stored.data.end(), values.data.begin(),
                 [&](std::int32_t value) { return static_cast<float>(value + offset); });
  return values;
}

class Comparer final {
 public:
  Comparer(const QuantizedTensor& tensor, const AgainstOptions& options, ArrayComparison* result)
      : tensor_(tensor), result_(*result), steps_(fit(tensor.shape, options.layout)) {
    const double step = result->meaning == ArrayMeaning::kReal ? double{tensor.scale} : 1.0;
    allowed_ = options.tolerance * step * (1.0 + 1e-6);  // a whole step is no more exact than its float
  }

  void compare(std::int64_t image, const IntTensor& stored, const FloatTensor& theirs) {
    const FloatTensor ours = numbers(stored, tensor_, result_.meaning);
    const Shape& shape = tensor_.shape;
    auto here = ours.data.begin();
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = 0; y < shape[2]; ++y) {
        for (std::int64_t x = 0; x < shape[3]; ++x, ++here) {
          const std::int64_t at =
              image * steps_.image_step + c * steps_.channel_step + y * steps_.row_step + x * steps_.column_step;
          element({image, c, y, x, double{*here}, double{nth(theirs.data, at)}});
        }
      }
    }
  }

 private:
  void element(const ArrayDifference& values) {
    ++result_.elements;
    const double difference = std::abs(values.there - values.here);
    result_.largest = std::max(result_.largest, difference);
    if (difference <= allowed_) return;
    ++result_.differing;
    if (!result_.first) result_.first = values;
  }

  const QuantizedTensor& tensor_;
  ArrayComparison& result_;
  Fit steps_;
  double allowed_ = 0.0;
};

ArrayComparison compare_file(const std::string& path, int tensor_index, const QuantizedNetwork& network,
                             const Outputs& outputs, const AgainstOptions& options) {
  const QuantizedTensor& tensor = nth(network.tensors, tensor_index);
  const auto images = static_cast<std::int64_t>(outputs.size());
  ArrayFile array = open_array(path);
  ArrayComparison result;
  result.tensor = tensor.name;
  result.meaning = meaning_of(array);
  const std::vector<Shape> accepted = accepted_shapes(tensor.shape, images, options.layout);
  if (std::find(accepted.begin(), accepted.end(), array.shape()) == accepted.end()) {
    result.refused = "shape " + to_string(array.shape()) + "; here it is " + list(accepted);
    return result;
  }
  const FloatTensor theirs = array.read();
  Comparer comparer(tensor, options, &result);
  for (std::int64_t image = 0; image < images; ++image) {
    comparer.compare(image, nth(nth(outputs, image), tensor_index), theirs);
  }
  return result;
}

/// Everything a tensor may be called, the surest name first.
struct NamedTensor {
  std::string layer;  ///< empty: an input of the network
  int tensor = -1;
  std::vector<std::string> names;
};

std::vector<NamedTensor> named_tensors(const QuantizedNetwork& network) {
  std::vector<NamedTensor> tensors;
  for (const int input : network.inputs) tensors.push_back({"", input, {nth(network.tensors, input).name}});
  for (const QuantizedLayer& layer : network.layers) {
    NamedTensor named = {layer.name, layer.output, {nth(network.tensors, layer.output).name}};
    for (std::size_t i = 0; i < network.output_names.size(); ++i) {
      if (network.outputs[i] == layer.output) named.names.push_back(network.output_names[i]);
    }
    named.names.insert(named.names.end(), {layer.name, layer.float_output});
    tensors.push_back(std::move(named));
  }
  return tensors;
}

}  // namespace

bool AgainstReport::agree() const { return first_difference() == nullptr; }

const ArrayComparison* AgainstReport::first_difference() const {
  const auto found = std::find_if(arrays.begin(), arrays.end(), [](const ArrayComparison& array) {
    return array.differing > 0 || !array.refused.empty();
  });
  return found == arrays.end() ? nullptr : &*found;
}

AgainstReport compare_against(const QuantizedNetwork& network, const Outputs& outputs, const AgainstOptions& options) {
  check(!outputs.empty(), "no image to compare");
  AgainstReport report;
  report.images = static_cast<std::int64_t>(outputs.size());
  DumpedArrays arrays(options.folder, options.names);
  for (const NamedTensor& each : named_tensors(network)) {
    if (nth(outputs.front(), each.tensor).data.empty()) continue;
    const std::string owner = each.layer.empty() ? "the network's input" : "layer '" + each.layer + "'";
    const std::vector<std::string> files = arrays.claim(each.names, owner);
    if (files.empty() && !each.layer.empty()) report.missing.push_back(each.layer);
    for (const std::string& file : files) {
      ArrayComparison compared = compare_file(arrays.path(file), each.tensor, network, outputs, options);
      compared.layer = each.layer.empty() ? "(input)" : each.layer;
      compared.file = file;
      report.arrays.push_back(std::move(compared));
    }
  }
  report.surplus = arrays.unclaimed();
  if (report.arrays.empty()) {
    throw InputError(options.folder +
                     ": has no array of a layer; accepted: NAME.npy with the name of a layer's output (" +
                     nth(network.tensors, network.layers.front().output).name + ".npy), or a map of names");
  }
  return report;
}

}  // namespace systoliq::tb
