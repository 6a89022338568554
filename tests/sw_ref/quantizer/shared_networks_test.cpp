// SPDX-License-Identifier: Apache-2.0
// Quantized networks as exporters write them, with what ONNX Runtime answered (../shared/data/networks, MANIFEST.md):
// our integers are round(answer / scale) + zero point. Deeploy's networks, whose every layer is recorded, are met bit
// for bit, by the reference and by the machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "quantize_helpers.h"
#include "tb/compare/compiled_network.h"
#include "tb/data/array_file.h"
#include "tb/data/dataset.h"
#include "tests/sw_ref/frontend/import_test_support.h"

namespace systoliq::sw_ref {
namespace {

std::string folder_of(const std::string& name) { return test::data_folder() + "/networks/" + name; }

/// A case, the answer that counts, and how many elements may be one step apart: those whose exact value is a tie that
/// ONNX Runtime's floats decide, of averages and of operators that it computes in float.
struct Case {
  const char* name;
  const char* answer = "ort_fused_y";
  int ties = 0;
};

std::string case_name(const testing::TestParamInfo<Case>& parameter) { return parameter.param.name; }

class SharedCase : public testing::TestWithParam<Case> {};

TEST_P(SharedCase, IntegersEqualOnnxRuntime) {
  const Case& given = GetParam();
  const std::string folder = folder_of(std::string("cases/") + given.name);
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA";
  const QuantizedNetwork network = read_quantized(read_onnx(folder + "/net.onnx", Batch::kOne));
  const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(network.outputs.at(0))];
  const FloatTensor answer = tb::read_npy(folder + "/" + given.answer + ".npy");
  const IntTensor found =
      run_integers(network, tb::read_npy(folder + "/in_x.npy")).tensors[static_cast<std::size_t>(network.outputs[0])];
  ASSERT_EQ(found.data.size(), answer.data.size());
  int apart = 0;
  for (std::size_t i = 0; i < found.data.size(); ++i) {
    const long expected = std::lround(double{answer.data[i]} / double{out.scale}) + out.zero_point;
    ASSERT_LE(std::abs(found.data[i] - expected), 1) << i;
    apart += found.data[i] != expected ? 1 : 0;
  }
  EXPECT_LE(apart, given.ties) << "of " << found.data.size();
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SharedCase,
    testing::Values(Case{"dq1", "ort_y"}, Case{"dq3", "ort_y"}, Case{"q_add_qdq_different_scales"},
                    Case{"q_add_relu_qdq"}, Case{"q_avgpool_qdq", "ort_fused_y", 3}, Case{"q_bias_int8"},
                    Case{"q_bias_scale_1ulp_double"}, Case{"q_bias_scale_off"}, Case{"q_big_pad_k1"},
                    Case{"q_branch_two_q"}, Case{"q_clip_min_only"}, Case{"q_concat_diff_scales"}, Case{"q_conv1d"},
                    Case{"q_conv_asym_pads_dil"}, Case{"q_conv_same_lower"}, Case{"q_depthwise_mult2"},
                    Case{"q_double_qdq", "ort_y"}, Case{"q_dq_transpose_matmul_add"}, Case{"q_float_bias"},
                    Case{"q_gap_flatten_gemm"}, Case{"q_gemm_axis_minus1"}, Case{"q_gemm_transB0_axis1"},
                    Case{"q_int16_act"}, Case{"q_maxpool_ceil_even"}, Case{"q_ms_domain_qdq"}, Case{"q_opset10_qdq"},
                    Case{"q_opset19_ir9"}, Case{"q_pad_then_conv"}, Case{"q_per_channel_uint8_zp_varies"},
                    Case{"q_relu6_clip_inputs"}, Case{"q_relu_qdq_between"}, Case{"q_shared_scale_init"},
                    Case{"q_shared_weights_two_convs", "ort_y"}, Case{"q_uint8_weights_zp128"},
                    Case{"q_weight_float_q_dq"}, Case{"q_zp_missing_optional"}, Case{"qop_qlinearadd", "ort_y"},
                    Case{"t0"}),
    case_name);

/// Stored integers of one array of an archive, as they stand there.
std::vector<std::int64_t> integers_of(const std::string& archive, const std::string& member) {
  const FloatTensor values = tb::open_member(archive, member).read();
  return {values.data.begin(), values.data.end()};
}

struct Deeploy {
  const char* name;
  const char* input;                                        ///< member of inputs.npz
  const char* output;                                       ///< member of outputs.npz
  std::vector<std::pair<const char*, const char*>> layers;  ///< tensor and member of activations.npz
};

std::string deeploy_name(const testing::TestParamInfo<Deeploy>& parameter) { return parameter.param.name; }

class DeeployNetwork : public testing::TestWithParam<Deeploy> {};

TEST_P(DeeployNetwork, EveryLayerBitForBit) {
  const Deeploy& given = GetParam();
  const std::string folder = folder_of(std::string("deeploy/") + given.name);
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent; set SYSTOLIQ_DATA";
  const QuantizedNetwork network = read_quantized(read_onnx(folder + "/network.onnx", Batch::kOne));
  EXPECT_EQ(network.preset, Preset::kTfliteSingle);
  const FloatTensor image = tb::open_member(folder + "/inputs.npz", given.input).read();
  const std::vector<IntTensor> tensors = run_integers(network, image).tensors;
  const tb::CompiledNetwork compiled(network, model::AcceleratorConfig());
  const model::RunResult run = compiled.run(compiled.quantize_input(image), model::Level::kTransaction, true);
  const auto as_in_file = [&](std::size_t tensor) {
    std::vector<std::int64_t> integers;
    for (const std::int32_t value : tensors[tensor].data) {
      integers.push_back(std::int64_t{value} + network.tensors[tensor].storage_offset);
    }
    return integers;
  };
  EXPECT_EQ(given.layers.size(), network.layers.size());
  for (const auto& [name, member] : given.layers) {
    const auto tensor = std::find_if(network.tensors.begin(), network.tensors.end(),
                                     [&](const QuantizedTensor& each) { return each.name == name; });
    ASSERT_NE(tensor, network.tensors.end()) << name;
    EXPECT_EQ(as_in_file(static_cast<std::size_t>(tensor - network.tensors.begin())),
              integers_of(folder + "/activations.npz", member))
        << member;
  }
  EXPECT_EQ(as_in_file(static_cast<std::size_t>(network.outputs.at(0))),
            integers_of(folder + "/outputs.npz", given.output));
  EXPECT_EQ(compiled.output(run, network.outputs[0]).data, tensors[static_cast<std::size_t>(network.outputs[0])].data);
  ASSERT_EQ(run.tensors.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (run.tensors[i].data.empty()) continue;
    EXPECT_EQ(run.tensors[i].data, tensors[i].data) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, DeeployNetwork,
    testing::Values(
        Deeploy{"CNN_Linear2",
                "input",
                "output",
                {{"onnx::MaxPool_18", "net__ql_replaced__integerize_bn2d_signed_act_pass_0"},
                 {"input.1", "net_2"},
                 {"onnx::MaxPool_21", "net__ql_replaced__integerize_bn2d_signed_act_pass_1"},
                 {"input.4", "net_5"},
                 {"onnx::MaxPool_24", "net__ql_replaced__integerize_bn2d_signed_act_pass_2"},
                 {"input.8", "net_8"},
                 {"onnx::MaxPool_27", "net__ql_replaced__integerize_bn2d_signed_act_pass_3"},
                 {"onnx::Flatten_28", "net_11"},
                 {"output", "net__ql_replaced__integerize_signed_act_pass_0"}}},
        Deeploy{"ImageClassification",
                "input_0",
                "output_0",
                {{"x.3", "model_0__ql_replaced__integerize_bn2d_unsigned_act_pass_0"},
                 {"onnx::Add_42", "_ql_op_tree_replace_addition_0_acts__ql_replaced__integerize_signed_act_pass_0"},
                 {"input.1", "model_1_stack_0__ql_replaced__integerize_bn2d_unsigned_act_pass_1"},
                 {"onnx::Add_46", "model_1_stack_2__ql_replaced__integerize_bn2d_signed_act_pass_0"},
                 {"input.4", "model_1__ql_replaced__integerize_unsigned_act_pass_0"},
                 {"onnx::Add_54", "_ql_op_tree_replace_addition_1_acts__ql_replaced__integerize_signed_act_pass_2"},
                 {"input.8", "model_2_stack_0__ql_replaced__integerize_bn2d_unsigned_act_pass_2"},
                 {"onnx::Add_58", "model_2_stack_2__ql_replaced__integerize_bn2d_signed_act_pass_1"},
                 {"input.12", "model_2__ql_replaced__integerize_unsigned_act_pass_1"},
                 {"onnx::Add_66", "_ql_op_tree_replace_addition_2_acts__ql_replaced__integerize_signed_act_pass_4"},
                 {"input.16", "model_3_stack_0__ql_replaced__integerize_bn2d_unsigned_act_pass_3"},
                 {"onnx::Add_70", "model_3_stack_2__ql_replaced__integerize_bn2d_signed_act_pass_2"},
                 {"onnx::MaxPool_72", "model_3__ql_replaced__integerize_unsigned_act_pass_2"},
                 {"onnx::Reshape_73", "model_4"},
                 {"output", "_ql_replaced__integerize_signed_act_pass_6"}}},
        Deeploy{"miniMobileNetv2",
                "input",
                "output",
                {{"input.1", "conv__ql_replaced__integerize_bn2d_signed_act_pass_0"},
                 {"input.4", "net_0_net_0_net__ql_replaced__integerize_bn2d_signed_act_pass_1"},
                 {"input.8", "net_0_net_0_net__ql_replaced__integerize_bn2d_signed_act_pass_2"},
                 {"x.15", "net_0_net_0_net__ql_replaced__integerize_bn2d_signed_act_pass_3"},
                 {"onnx::Add_49", "_ql_op_tree_replace_addition_0_acts__ql_replaced__integerize_signed_act_pass_1"},
                 {"input.12", "net_0_net_1_net__ql_replaced__integerize_bn2d_signed_act_pass_4"},
                 {"input.16", "net_0_net_1_net__ql_replaced__integerize_bn2d_signed_act_pass_5"},
                 {"x.31", "net_0_net_1_net__ql_replaced__integerize_bn2d_signed_act_pass_6"},
                 {"onnx::Add_56", "_ql_op_tree_replace_addition_0_acts__ql_replaced__integerize_signed_act_pass_0"},
                 {"input.20", "_ql_op_tree_replace_addition_0__ql_replaced__integerize_signed_act_pass_2"},
                 {"input.24", "net_0_net_2_net__ql_replaced__integerize_bn2d_signed_act_pass_7"},
                 {"input.28", "net_0_net_2_net__ql_replaced__integerize_bn2d_signed_act_pass_8"},
                 {"onnx::Flatten_64", "net_0_net_2_net__ql_replaced__integerize_bn2d_signed_act_pass_9"},
                 {"output", "classifier__ql_replaced__integerize_signed_act_pass_3"}}}),
    deeploy_name);

}  // namespace
}  // namespace systoliq::sw_ref
