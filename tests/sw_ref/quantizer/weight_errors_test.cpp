// SPDX-License-Identifier: Apache-2.0
// Weights of a network against their integers, linear and from tables.
#include <gtest/gtest.h>

#include <numeric>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/layer_errors.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "tb/data/dataset.h"

namespace systoliq::sw_ref {
namespace {

class WeightErrors : public testing::TestWithParam<CodebookKind> {
 protected:
  WeightErrors() : graph_(parse_onnx(network_to_onnx("vgg_digits", random_parameters("vgg_digits", 3)), "net")) {
    const tb::Dataset digits = tb::open_dataset("digits", "train", 4);
    for (std::int64_t i = 0; i < 4; ++i) images_.push_back(tb::network_input(digits, i, {1, 1, 32, 32}));
  }

  std::vector<TensorError> errors(QuantizeOptions options, CodebookKind kind) const {
    options.codebook = kind;
    return weight_errors(graph_, quantize(graph_, images_, options, nullptr), 32);
  }

  Graph graph_;
  std::vector<FloatTensor> images_;
};

TEST_P(WeightErrors, NarrowerIsWorse) {
  QuantizeOptions options;
  const std::vector<TensorError> eight = errors(options, GetParam());
  options.weight_bits = 2;
  const std::vector<TensorError> two = errors(options, GetParam());
  ASSERT_EQ(eight.size(), 4U) << "three convolutions and a fully connected layer";
  const double counts[] = {8 * 9, 16 * 8 * 9, 32 * 16 * 9, 10 * 32 * 16};
  for (std::size_t i = 0; i < eight.size(); ++i) {
    EXPECT_EQ(eight[i].tensor, two[i].tensor);
    EXPECT_GT(eight[i].sqnr_db, 35.0) << eight[i].tensor << ": 8 bits";
    EXPECT_LT(two[i].sqnr_db, eight[i].sqnr_db - 10.0) << two[i].tensor << ": 2 bits";
    EXPECT_GT(two[i].sqnr_db, 0.0) << two[i].tensor << ": still the same weights";
    for (const TensorError& error : {eight[i], two[i]}) {
      EXPECT_EQ(std::accumulate(error.float_bins.begin(), error.float_bins.end(), 0.0), counts[i]);
      EXPECT_EQ(std::accumulate(error.quantized_bins.begin(), error.quantized_bins.end(), 0.0), counts[i]);
    }
  }
  EXPECT_EQ(eight[0].tensor, "conv1 weights");
}

INSTANTIATE_TEST_SUITE_P(Storage, WeightErrors,
                         testing::Values(CodebookKind::kNone, CodebookKind::kPerTensor, CodebookKind::kPerChannel));

}  // namespace
}  // namespace systoliq::sw_ref
