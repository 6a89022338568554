// SPDX-License-Identifier: Apache-2.0
// Single QLinear operators with outputs of ONNX Runtime: the reference on the network read from them must give the same
// bits. Leading batches are run image by image.
#include <filesystem>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/stored_values.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"

namespace systoliq::sw_ref {
namespace {

std::string golden_folder() {
  const char* data = std::getenv("SYSTOLIQ_DATA");
  return (data != nullptr ? std::string(data) : std::string(SYSTOLIQ_SOURCE_DIR) + "/../shared/data") +
         "/golden/onnx_ops";
}

void expect_golden(const std::string& folder) {
  SCOPED_TRACE(folder);
  const QuantizedNetwork network = read_quantized(read_onnx(folder + "/model.onnx", Batch::kOne));
  ASSERT_EQ(network.layers.size(), 1U);
  EXPECT_EQ(network.preset, Preset::kOrtX86);
  const QuantizedTensor& in = network.tensors[static_cast<std::size_t>(network.inputs[0])];
  const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs[0])];
  const FloatTensor x = tb::read_npy(folder + "/i0.npy");
  const FloatTensor y = tb::read_npy(folder + "/y.npy");
  const auto in_size = static_cast<std::size_t>(element_count(in.shape));
  const auto out_size = static_cast<std::size_t>(element_count(out.shape));
  ASSERT_EQ(x.data.size() / in_size, y.data.size() / out_size);
  std::int64_t mismatches = 0;
  for (std::size_t image = 0; image < x.data.size() / in_size; ++image) {
    IntTensor input(in.shape);
    for (std::size_t i = 0; i < in_size; ++i) {
      input.data[i] = static_cast<std::int32_t>(x.data[image * in_size + i]) - in.storage_offset;
    }
    const ReferenceResult result = run_reference(network, {{network.inputs[0], input}}, AccumulationOrder{});
    const IntTensor& output = result.tensors[static_cast<std::size_t>(network.outputs[0])];
    for (std::size_t i = 0; i < out_size; ++i) {
      const auto expected = static_cast<std::int32_t>(y.data[image * out_size + i]);
      mismatches += output.data[i] + out.storage_offset != expected ? 1 : 0;
    }
  }
  EXPECT_EQ(mismatches, 0) << "of " << y.data.size();
}

class GoldenOperator : public testing::TestWithParam<const char*> {};

TEST_P(GoldenOperator, MatchesOnnxRuntime) {
  const std::string folder = golden_folder() + "/" + GetParam();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA";
  expect_golden(folder);
}

INSTANTIATE_TEST_SUITE_P(OnnxOps, GoldenOperator,
                         testing::Values("qlinearconv_int8_int8_pc", "qlinearconv_ties_int8",
                                         "qlinearconv_uint8_int8_pc_pot", "qlinearmatmul_int8_int8",
                                         "qlinearmatmul_ties_int8", "qlinearaveragepool_int8_k2",
                                         "qlinearaveragepool_uint8_k4", "qlinearglobalaveragepool_int8"));

TEST(GoldenOperators, HostOperatorsAloneBad) {
  for (const char* name : {"quantizelinear_int8", "quantizelinear_uint8", "dequantizelinear_int8"}) {
    const std::string path = golden_folder() + "/" + name + "/model.onnx";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent; set SYSTOLIQ_DATA";
    expect_refused([&] { read_quantized(read_onnx(path)); }, {"the host"});
  }
}

TEST(GoldenOperators, QuantizeLinearOfEveryValue) {
  for (const char* name : {"quantizelinear_int8", "quantizelinear_uint8"}) {
    const std::string folder = golden_folder() + "/" + name;
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA";
    const Graph graph = read_onnx(folder + "/model.onnx");
    const Value& zero = graph.values.at(graph.nodes.at(0).inputs.at(2));
    QuantizedTensor as;
    as.storage_offset = zero.type == ElementType::kUint8 ? 128 : 0;
    as.scale = graph.values.at(graph.nodes[0].inputs[1]).floats.data.at(0);
    as.zero_point = static_cast<std::int32_t>(zero.integers.data.at(0)) - as.storage_offset;
    const IntTensor stored = quantize_tensor(tb::read_npy(folder + "/i0.npy"), as);
    const FloatTensor y = tb::read_npy(folder + "/y.npy");
    std::int64_t mismatches = 0;
    for (std::size_t i = 0; i < y.data.size(); ++i) {
      mismatches += stored.data[i] + as.storage_offset != static_cast<std::int32_t>(y.data[i]) ? 1 : 0;
    }
    EXPECT_EQ(mismatches, 0) << name;
  }
}

}  // namespace
}  // namespace systoliq::sw_ref
