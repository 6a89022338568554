// SPDX-License-Identifier: Apache-2.0
// Opens a data set by its name on the command line, and turns its images into network inputs.
#include "tb/data/dataset.h"

#include <algorithm>
#include <array>

#include "tb/data/dataset_places.h"

namespace systoliq::tb {
namespace {

constexpr std::uint64_t kTrainSeed = 1, kTestSeed = 2;

[[noreturn]] void refuse_shape(const Dataset& data, const Shape& input_shape) {
  throw InputError(
      "data set '" + data.name + "' has images " +
      to_string(Shape(data.images.shape.begin() + 1, data.images.shape.end())) +
      ", which do not fit the network's input " + to_string(input_shape) +
      "; accepted: equal shapes, or an even margin equal on both axes: smaller images are padded, those larger "
      "by up to an eighth lose their margin");
}

}  // namespace

Dataset open_dataset(const std::string& spec, const std::string& split, std::int64_t limit) {
  if (split != "train" && split != "test") {
    throw InputError("data set split '" + split + "'; accepted: train, test");
  }
  const bool train = split == "train";
  if (spec == "digits") return make_digits(limit, train ? kTrainSeed : kTestSeed);
  const std::size_t colon = spec.find(':');
  const std::string kind = spec.substr(0, colon);
  const std::string place = colon == std::string::npos ? "" : spec.substr(colon + 1);
  Dataset data;
  if ((kind == "mnist" || kind == "fashion") && !place.empty()) {
    data = open_mnist(place, kind == "fashion", train, limit);
  } else if ((kind == "cifar10" || kind == "cifar100") && !place.empty()) {
    data = open_cifar(place, kind == "cifar100", train, limit);
  } else if (kind == "pictures" && !place.empty()) {
    data = read_pictures(place, split, limit);
  } else {
    throw InputError("data set '" + spec + "'; accepted: " + kDatasetNames);
  }
  data.name = kind;
  return data;
}

FloatTensor network_input(const Dataset& data, std::int64_t index, const Shape& input_shape,
                          const Normalization& normalization) {
  const Shape& from = data.images.shape;
  check(from.size() == 4 && index >= 0 && index < from[0], "image index outside the data set");
  Shape to = input_shape;
  if (to.size() == 2 && to[1] == from[1] * from[2] * from[3]) to = {to[0], from[1], from[2], from[3]};
  if (to.size() != 4 || to[0] != 1 || to[1] != from[1]) refuse_shape(data, input_shape);
  const std::int64_t margin = to[2] - from[2];
  if (margin % 2 != 0 || to[3] - from[3] != margin || -8 * margin > from[2]) refuse_shape(data, input_shape);
  const std::int64_t border = std::max<std::int64_t>(margin, 0) / 2, cut = std::max<std::int64_t>(-margin, 0) / 2;
  const float* image = data.images.data.data() + index * from[1] * from[2] * from[3];
  check_normalization(normalization, from[1]);
  FloatTensor input(input_shape);
  for (std::int64_t c = 0; c < from[1]; ++c) {
    std::array<float, 256> value_of;
    for (std::size_t pixel = 0; pixel < value_of.size(); ++pixel) {
      value_of[pixel] = normalization.apply(static_cast<float>(pixel), c);
    }
    std::fill_n(input.data.begin() + c * to[2] * to[3], to[2] * to[3], value_of[0]);
    for (std::int64_t y = cut; y < from[2] - cut; ++y) {
      const float* row = image + (c * from[2] + y) * from[3] + cut;
      float* out = input.data.data() + (c * to[2] + y - cut + border) * to[3] + border;
      for (std::int64_t x = 0; x < from[3] - 2 * cut; ++x) out[x] = value_of[static_cast<std::size_t>(row[x])];
    }
  }
  return input;
}

}  // namespace systoliq::tb
