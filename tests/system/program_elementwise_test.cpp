// SPDX-License-Identifier: Apache-2.0
// Elementwise operators as networks have them: blocks of MobileNetV3, EfficientNet and YOLO, and the shared networks,
// on the machine without a mismatch and close to float, or equal to what ONNX Runtime recorded.
#include <cmath>
#include <random>

#include "sw_ref/float/float_executor.h"
#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "tb/data/dataset.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

using sw_ref::OnnxGraph;

/// Builds blocks node by node.
class Blocks final {
 public:
  Blocks() : graph_("blocks", 13) { graph_.add_input("x", {8, 12, 12}); }

  std::string convolve(const std::string& in, std::int64_t from, std::int64_t to, int kernel, int groups = 1) {
    const std::string out = next("conv");
    FloatTensor weights({to, from / groups, kernel, kernel});
    const double spread = 1.5 / std::sqrt(static_cast<double>(from / groups * kernel * kernel));
    for (float& w : weights.data) w = static_cast<float>(std::normal_distribution<double>(0.0, spread)(random_));
    std::vector<float> bias;
    for (int i = 0; i < to; ++i) bias.push_back(static_cast<float>(i % 5) * 0.1F - 0.2F);
    graph_.add_floats(out + ".w", weights.shape, weights.data);
    graph_.add_floats(out + ".b", {to}, bias);
    onnx::NodeProto& node = graph_.add_node("Conv", out, {in, out + ".w", out + ".b"}, out);
    OnnxGraph::set_ints(node, "pads", {kernel / 2, kernel / 2, kernel / 2, kernel / 2});
    OnnxGraph::set_int(node, "group", groups);
    return out;
  }

  std::string apply(const std::string& op, const std::vector<std::string>& inputs,
                    const std::map<std::string, Attribute>& attributes = {}) {
    const std::string out = next(op);
    onnx::NodeProto& node = graph_.add_node(op, out, inputs, out);
    for (const auto& [name, value] : attributes) OnnxGraph::set_attribute(node, name, value);
    return out;
  }

  std::string constant(float value) { return graph_.add_floats(next("constant"), {}, {value}); }

  std::string silu(const std::string& in) { return apply("Mul", {in, apply("Sigmoid", {in})}); }
  std::string hard_swish(const std::string& in) {
    const std::string shifted = apply("Add", {in, constant(3.0F)});
    const std::string clipped = apply("Clip", {shifted, constant(0.0F), constant(6.0F)});
    return apply("Mul", {in, apply("Div", {clipped, constant(6.0F)})});
  }
  std::string mish(const std::string& in) { return apply("Mul", {in, apply("Tanh", {apply("Softplus", {in})})}); }

  /// Gate: HardSigmoid with MobileNetV3's slope, or Sigmoid.
  std::string squeeze_and_excite(const std::string& in, std::int64_t channels, bool hard) {
    const std::string inner = convolve(apply("GlobalAveragePool", {in}), channels, channels / 4, 1);
    const std::string outer = convolve(hard ? apply("Relu", {inner}) : silu(inner), channels / 4, channels, 1);
    const std::string gate = hard ? apply("HardSigmoid", {outer}, {{"alpha", 1.0F / 6.0F}}) : apply("Sigmoid", {outer});
    return apply("Mul", {in, gate});
  }

  std::string finish(const std::string& last, std::int64_t channels) {
    graph_.add_node("Identity", "y", {last}, "y");
    graph_.add_output("y", {channels, 12, 12});
    return graph_.serialize();
  }

 private:
  std::string next(const std::string& name) { return name + std::to_string(count_++); }

  OnnxGraph graph_;
  std::mt19937 random_{11};
  int count_ = 0;
};

std::string mobilenet_v3() {
  Blocks b;
  const std::string stem = b.hard_swish(b.convolve("x", 8, 16, 3));
  const std::string wide = b.hard_swish(b.convolve(stem, 16, 32, 1));
  const std::string deep = b.apply("Relu", {b.convolve(wide, 32, 32, 5, 32)});
  const std::string narrow = b.convolve(b.squeeze_and_excite(deep, 32, true), 32, 16, 1);
  return b.finish(b.apply("Add", {narrow, stem}), 16);
}

std::string efficientnet() {
  Blocks b;
  const std::string stem = b.silu(b.convolve("x", 8, 16, 3));
  const std::string deep = b.silu(b.convolve(b.silu(b.convolve(stem, 16, 32, 1)), 32, 32, 3, 32));
  const std::string narrow = b.convolve(b.squeeze_and_excite(deep, 32, false), 32, 16, 1);
  return b.finish(b.apply("Add", {narrow, stem}), 16);
}

std::string yolo(std::string (Blocks::*activation)(const std::string&)) {
  Blocks b;
  const auto act = [&](const std::string& in) { return (b.*activation)(in); };
  const std::string stem = act(b.convolve("x", 8, 16, 3));
  const std::string left = act(b.convolve(stem, 16, 8, 1));
  const std::string inner = act(b.convolve(act(b.convolve(left, 8, 8, 1)), 8, 8, 3));
  const std::string right = act(b.convolve(stem, 16, 8, 1));
  const std::string joined = b.apply("Concat", {b.apply("Add", {left, inner}), right}, {{"axis", std::int64_t{1}}});
  return b.finish(act(b.convolve(joined, 16, 16, 1)), 16);
}

double sqnr(const FloatTensor& exact, const FloatTensor& found) {
  EXPECT_EQ(exact.data.size(), found.data.size());
  double signal = 0.0;
  double noise = 0.0;
  for (std::size_t i = 0; i < std::min(exact.data.size(), found.data.size()); ++i) {
    const double difference = double{exact.data[i]} - double{found.data[i]};
    signal += double{exact.data[i]} * double{exact.data[i]};
    noise += difference * difference;
  }
  return noise == 0.0 ? 1000.0 : 10.0 * std::log10(signal / noise);
}

class ProgramElementwise : public ProgramTest {
 protected:
  /// Runs a network on its input, each layer as the reference, and returns the output y.
  FloatTensor output_of(const std::string& network, const std::string& input, const std::string& options = "") {
    const nlohmann::json json = run_json("run '" + network + "' --input '" + input + "' --output out " + options);
    for (const nlohmann::json& layer : json.at("layers")) EXPECT_EQ(layer.at("mismatches"), 0) << layer.dump();
    return tb::read_npy(path("out/y.npy"));
  }

  std::string shared(const std::string& name) const {
    return std::filesystem::absolute(data_folder() + "/networks/cases/" + name).string();
  }
};

TEST_F(ProgramElementwise, BlocksOfKnownArchitectures) {
  const std::map<std::string, std::string> networks = {{"mobilenet_v3", mobilenet_v3()},
                                                       {"efficientnet", efficientnet()},
                                                       {"yolo_silu", yolo(&Blocks::silu)},
                                                       {"yolo_mish", yolo(&Blocks::mish)}};
  FloatTensor image({1, 8, 12, 12});
  std::mt19937 random(3);
  for (float& value : image.data) value = static_cast<float>(random() >> 8) / 8388608.0F - 1.0F;
  tb::write_npy(path("x.npy"), image);
  for (const auto& [name, bytes] : networks) {
    SCOPED_TRACE(name);
    write(name + ".onnx", bytes);
    const Graph graph = sw_ref::parse_onnx(bytes, name);
    const FloatTensor exact = sw_ref::run_float(graph, {{"x", image}}).at("y");
    EXPECT_GT(sqnr(exact, output_of(name + ".onnx", "x.npy")), 20.0);
    EXPECT_GT(sqnr(exact, output_of(name + ".onnx", "x.npy", "--preset ort_mlas --level functional")), 20.0);
    // Written and read back, the same integers.
    EXPECT_EQ(run("quantize " + name + ".onnx -o q.onnx").status, 0);
    EXPECT_EQ(output_of("q.onnx", "x.npy").data, output_of(name + ".onnx", "x.npy").data);
  }
}

TEST_F(ProgramElementwise, LevelCycleRefusesProductsByName) {
  write("net.onnx", efficientnet());
  const ProgramRun result = run("run net.onnx --level cycle");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("multiplies two tensors, which level cycle does not have yet"), std::string::npos);
  EXPECT_NE(result.err.find("layer 'Mul"), std::string::npos) << result.err;
}

TEST_F(ProgramElementwise, SharedFloatNetworks) {
  if (!std::filesystem::exists(shared("f_act_elu"))) GTEST_SKIP() << shared("") << " is absent; set SYSTOLIQ_DATA";
  for (const char* name : {"f_act_elu", "f_act_hardsigmoid", "f_act_hardswish", "f_act_leakyrelu", "f_act_softplus",
                           "f_act_swish", "f_scale_mul_after_conv", "f_bn_after_relu", "f_bn_conv_two_users",
                           "f_normalise_in_graph", "f_uint8_input_cast", "f_add_const_featuremap"}) {
    SCOPED_TRACE(name);
    const FloatTensor found = output_of(shared(name) + "/net.onnx", shared(name) + "/in_x.npy");
    EXPECT_GT(sqnr(tb::read_npy(shared(name) + "/ort_y.npy"), found), 30.0);
  }
}

TEST_F(ProgramElementwise, SharedQuantizedNetworks) {
  if (!std::filesystem::exists(shared("f_act_elu"))) GTEST_SKIP() << shared("") << " is absent; set SYSTOLIQ_DATA";
  for (const char* name : {"q_leaky_relu", "q_sigmoid_mul_swish"}) {
    SCOPED_TRACE(name);
    const FloatTensor found = output_of(shared(name) + "/net.onnx", shared(name) + "/in_x.npy");
    EXPECT_EQ(found.data, tb::read_npy(shared(name) + "/ort_fused_y.npy").data);
  }
}

}  // namespace
}  // namespace systoliq::test
