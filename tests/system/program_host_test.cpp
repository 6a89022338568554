// SPDX-License-Identifier: Apache-2.0
// The program with several inputs, parts of the host, batches, and networks that cannot run: what it prints and writes.
#include <filesystem>

#include "sw_ref/quantizer/onnx/onnx_graph.h"
#include "tb/data/dataset.h"
#include "tests/system/program_runner.h"

namespace systoliq::test {
namespace {

using sw_ref::OnnxGraph;

class ProgramHost : public ProgramTest {
 protected:
  static void add_convolution(OnnxGraph& g, const std::string& from, const std::string& to, std::int64_t in) {
    std::vector<float> weights(static_cast<std::size_t>(3 * in));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.25F * static_cast<float>(i % 5) - 0.5F;
    g.add_floats(to + ".w", {3, in, 1, 1}, weights);
    g.add_node("Conv", to + ".conv", {from, to + ".w"}, to);
  }
  /// Two inputs; the best of three channels a pixel, and a Softmax over them.
  void write_network() {
    OnnxGraph g("pixels", 13);
    g.add_input("x", {2, 2, 2});
    g.add_input("z", {1, 2, 2});
    add_convolution(g, "x", "a", 2);
    add_convolution(g, "z", "b", 1);
    g.add_node("Add", "sum", {"a", "b"}, "s");
    OnnxGraph::set_int(g.add_node("ArgMax", "best", {"s"}, "class"), "axis", 1);
    OnnxGraph::set_int(g.add_node("Softmax", "share", {"s"}, "y"), "axis", 1);
    g.add_output("class", {1, 1, 2, 2}, 7);
    g.add_output("y", {3, 2, 2});
    write("net.onnx", g.serialize());
    tb::write_npy(path("x.npy"), FloatTensor(Shape{3, 2, 2, 2}, 0.5F));
    tb::write_npy(path("z.npy"), FloatTensor(Shape{3, 1, 2, 2}, -0.5F));
  }
};

TEST_F(ProgramHost, RunsAndWritesOutputsInTheirOwnType) {
  write_network();
  const ProgramRun result = run("run net.onnx --input x=x.npy --input z=z.npy --output out");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("host ArgMax"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("2 layers ran on the host"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("cycles for all images"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("integer reference: 0 over 3 images"), std::string::npos) << result.out;
  EXPECT_EQ(tb::read_npy(path("out/class.npy")).shape, (Shape{3, 1, 2, 2}));
  EXPECT_NE(read_file(path("out/class.npy")).find("<i8"), std::string::npos) << "INT64 as the graph declares";
  const FloatTensor shares = tb::read_npy(path("out/y.npy"));
  EXPECT_EQ(shares.shape, (Shape{3, 3, 2, 2}));
  EXPECT_NEAR(shares.data[0] + shares.data[4] + shares.data[8], 1.0F, 1e-5F);
  EXPECT_FALSE(std::filesystem::exists(path("out/y.int.npy"))) << "the host's float has no stored integers";
}

TEST_F(ProgramHost, QuantizedFilesCarryTheHost) {
  write_network();
  ASSERT_EQ(run("quantize net.onnx --input x=x.npy --input z=z.npy -o q.onnx").status, 0);
  const ProgramRun direct = run("run q.onnx --input x=x.npy --input z=z.npy --output out");
  ASSERT_EQ(direct.status, 0) << direct.err;
  EXPECT_NE(direct.out.find("2 layers ran on the host"), std::string::npos) << direct.out;
  EXPECT_EQ(tb::read_npy(path("out/y.npy")).shape, (Shape{3, 3, 2, 2}));
}

TEST_F(ProgramHost, InfoSaysWhatRunsWhere) {
  write_network();
  const ProgramRun result = run("info net.onnx");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("best  host ArgMax  [1, 1, 2, 2]"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("2 layers on the host"), std::string::npos) << result.out;
}

TEST_F(ProgramHost, InfoListsAllObstacles) {
  OnnxGraph g("obstacles", 13);
  g.add_input("x", {2, 2, 2});
  add_convolution(g, "x", "p", 2);
  add_convolution(g, "x", "q", 2);
  g.add_node("MatMul", "first", {"p", "q"}, "a");
  add_convolution(g, "a", "b", 3);
  g.add_node("Relu", "relu", {"b"}, "r");
  g.add_node("MatMul", "second", {"r", "p"}, "c");
  add_convolution(g, "c", "y", 3);
  g.add_output("y", {3, 2, 2});
  write("net.onnx", g.serialize());
  const ProgramRun info = run("info net.onnx");
  EXPECT_EQ(info.status, 2);
  EXPECT_NE(info.out.find("computes b.conv (Conv), relu (Relu)"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("refused: node 'first' (MatMul)"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("refused: node 'second' (MatMul)"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("4 layers, 2 obstacles"), std::string::npos) << info.out;
  for (const char* command : {"run net.onnx", "quantize net.onnx -o q.onnx"}) {
    const ProgramRun refused = run(command);
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("(1) node 'first'"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("(2) node 'second'"), std::string::npos) << refused.err;
  }
}

TEST_F(ProgramHost, BatchesKeepTheirRank) {
  OnnxGraph g("rows", 13);
  g.add_input("x", {64, 5}, 1);
  g.add_floats("w", {5, 2}, std::vector<float>(10, 0.5F));
  g.add_node("MatMul", "product", {"x", "w"}, "y");
  g.add_output("y", {64, 2}, 1);
  write("net.onnx", g.serialize());
  tb::write_npy(path("x.npy"), FloatTensor(Shape{64, 5}, 0.5F));
  ASSERT_EQ(run("run net.onnx --input x.npy --output out").status, 0);
  EXPECT_EQ(tb::read_npy(path("out/y.npy")).shape, (Shape{64, 2}));
  ASSERT_EQ(run("run net.onnx --batch 3 --output drawn").status, 0);
  EXPECT_EQ(tb::read_npy(path("drawn/y.npy")).shape, (Shape{3, 2}));
}

}  // namespace
}  // namespace systoliq::test
