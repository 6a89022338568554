// SPDX-License-Identifier: Apache-2.0
// Single QLinear operators with outputs of ONNX Runtime, on the machine: the same bits at every level that carries
// data. The integer reference is not asked: expected are the integers of the file, re-centered where they are unsigned.
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <iostream>
#include <string>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tb/data/dataset.h"
#include "tests/sw_ref/frontend/import_test_support.h"
#include "tests/system/machine_runs.h"

namespace systoliq::test {
namespace {

std::string golden_folder() { return data_folder() + "/golden/onnx_ops"; }

/// The model with its leading dimension symbolic, so that it takes one image at a time.
Graph read_single_image(const std::string& folder) {
  onnx::ModelProto model;
  if (!model.ParseFromString(read_file(folder + "/model.onnx"))) throw InputError(folder + ": cannot be read");
  for (onnx::ValueInfoProto& value : *model.mutable_graph()->mutable_input()) {
    value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("N");
  }
  return sw_ref::parse_onnx(model.SerializeAsString(), folder);
}

/// Image `index` of a file of integers, stored as `as`.
IntTensor image_of(const FloatTensor& all, std::int64_t index, const QuantizedTensor& as) {
  IntTensor image(as.shape);
  const auto size = static_cast<std::int64_t>(image.data.size());
  for (std::int64_t i = 0; i < size; ++i) {
    image.data[static_cast<std::size_t>(i)] =
        static_cast<std::int32_t>(all.data.at(static_cast<std::size_t>(index * size + i))) - as.storage_offset;
  }
  return image;
}

model::AcceleratorConfig small_array() {
  model::AcceleratorConfig config;
  config.array.rows = 5;
  config.array.cols = 3;
  config.requant.lanes = 2;
  config.buffers.activation_kib = 8;
  config.buffers.weight_kib = 4;
  config.buffers.accumulator_words = 64;
  config.buffers.param_words = 256;
  return config;
}

class GoldenOperatorOnTheMachine : public testing::TestWithParam<const char*> {};

TEST_P(GoldenOperatorOnTheMachine, MatchesOnnxRuntime) {
  const std::string folder = golden_folder() + "/" + GetParam();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA";
  const QuantizedNetwork network = sw_ref::read_quantized(read_single_image(folder));
  ASSERT_EQ(network.preset, Preset::kOrtX86);
  const QuantizedTensor& in = network.tensors[static_cast<std::size_t>(network.inputs.at(0))];
  const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
  const FloatTensor x = tb::read_npy(folder + "/i0.npy");
  const FloatTensor y = tb::read_npy(folder + "/y.npy");
  const auto images = static_cast<std::int64_t>(x.data.size()) / element_count(in.shape);
  ASSERT_EQ(images * element_count(out.shape), static_cast<std::int64_t>(y.data.size()));
  for (const model::AcceleratorConfig& config : {model::AcceleratorConfig{}, small_array()}) {
    const tb::CompiledNetwork compiled(network, config);
    for (const model::Level level : {model::Level::kFunctional, model::Level::kTransaction}) {
      std::int64_t mismatches = 0;
      for (std::int64_t i = 0; i < images; ++i) {
        const model::RunResult found = compiled.run(image_of(x, i, in), level, false);
        mismatches += count_differences(image_of(y, i, out), compiled.output(found, network.outputs[0]));
      }
      EXPECT_EQ(mismatches, 0) << "of " << y.data.size();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OnnxOps, GoldenOperatorOnTheMachine,
                         testing::Values("qlinearconv_int8_int8_pc", "qlinearconv_ties_int8",
                                         "qlinearconv_uint8_int8_pc_pot", "qlinearmatmul_int8_int8",
                                         "qlinearmatmul_ties_int8", "qlinearaveragepool_int8_k2",
                                         "qlinearaveragepool_uint8_k4", "qlinearglobalaveragepool_int8"));

/// The list above is complete.
TEST(GoldenOperatorsOnTheMachine, EveryQLinearFolderIsListed) {
  if (!std::filesystem::exists(golden_folder())) GTEST_SKIP() << golden_folder() << " is absent; set SYSTOLIQ_DATA";
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    found += entry.path().filename().string().rfind("qlinear", 0) == 0 ? 1 : 0;
  }
  EXPECT_EQ(found, 8);
}

}  // namespace
}  // namespace systoliq::test
