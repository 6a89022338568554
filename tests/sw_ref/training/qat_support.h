// SPDX-License-Identifier: Apache-2.0
// What the tests of training with quantization share: recipes, a trained start, graphs with learned ranges.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/calibration/given_ranges.h"
#include "sw_ref/quantizer/metadata_keys.h"
#include "sw_ref/quantizer/options.h"
#include "tests/sw_ref/training/train_support.h"

namespace systoliq::sw_ref {

inline std::map<std::string, FloatTensor> as_map(const NamedParameters& parameters) {
  return {parameters.begin(), parameters.end()};
}

inline Graph graph_of(const std::string& network, const NamedParameters& parameters, const NamedRanges& ranges = {}) {
  std::map<std::string, std::string> metadata;
  for (const auto& [tensor, range] : ranges) metadata[kActivationRangeKey + tensor] = range_text(range);
  return parse_onnx(network_to_onnx(network, as_map(parameters), metadata), network, Batch::kOne);
}

inline FloatTensor image_of(const LabeledImages& set, std::int64_t index) {
  Shape shape = set.images.shape;
  shape[0] = 1;
  const auto size = static_cast<std::ptrdiff_t>(element_count(shape));
  const auto begin = set.images.data.begin() + index * size;
  return FloatTensor(shape, std::vector<float>(begin, begin + size));
}

inline Recipe qat_recipe(const std::string& network) {
  Recipe recipe = small_recipe(network);
  recipe.learning_rate = 0.0005;
  recipe.quantization.emplace();
  recipe.quantization->options.activation_range = RangeMethod::kGiven;
  recipe.quantization->options.preset = Preset::kHalfUp;
  return recipe;
}

/// A LeNet-5 that knows the digits, in float.
inline const NamedParameters& trained_lenet5() {
  static const NamedParameters kTrained = [] {
    Recipe recipe = small_recipe("lenet5");
    recipe.epochs = 4;
    recipe.learning_rate = 0.003;
    return train(recipe, digits(600, 1), {}).parameters;
  }();
  return kTrained;
}

}  // namespace systoliq::sw_ref
