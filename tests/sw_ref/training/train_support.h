// SPDX-License-Identifier: Apache-2.0
// Small data, recipes and files that the tests of training share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>

#include "sw_ref/networks/networks.h"
#include "sw_ref/training/train.h"
#include "tb/data/dataset.h"

namespace systoliq::sw_ref {

inline LabeledImages digits(std::int64_t count, std::uint64_t seed) {
  const tb::Dataset data = tb::make_digits(count, seed);
  LabeledImages set{"digits", FloatTensor(data.images.shape), data.labels};
  for (std::size_t i = 0; i < data.images.data.size(); ++i) {
    set.images.data[i] = (data.images.data[i] - 128.0F) / 128.0F;
  }
  return set;
}

inline LabeledImages noise(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  LabeledImages set{"noise", FloatTensor(shape), {}};
  for (float& value : set.images.data) value = static_cast<float>(generator() >> 40) * 0x1p-23F - 1.0F;
  for (std::int64_t i = 0; i < shape[0]; ++i) set.labels.push_back(static_cast<int>(i % 10));
  return set;
}

inline Recipe small_recipe(const std::string& network) {
  Recipe recipe;
  recipe.network = network;
  recipe.seed = 5;
  recipe.epochs = 1;
  recipe.batch = 20;
  recipe.threads = 1;
  return recipe;
}

/// Random parameters in the network's order; of a network without batch normalization the start of every training.
inline NamedParameters initial_parameters(const std::string& network, std::uint64_t seed) {
  const auto random = random_parameters(network, seed);
  NamedParameters parameters;
  for (const auto& parameter : network_parameters(network)) {
    parameters.emplace_back(parameter.first, random.at(parameter.first));
  }
  return parameters;
}

/// A file that vanishes with its test.
class TemporaryFile final {
 public:
  explicit TemporaryFile(const std::string& name)
      : path_((std::filesystem::temp_directory_path() / (name + std::to_string(getpid()))).string()) {
    std::filesystem::remove(path_);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void expect_equal(const NamedParameters& a, const NamedParameters& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_TRUE(a[i].second.data == b[i].second.data) << a[i].first << " differs";
  }
}

}  // namespace systoliq::sw_ref
