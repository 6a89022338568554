// SPDX-License-Identifier: Apache-2.0
// Several inputs: read from files by name, drawn at random, loaded with a network; and batches.
#include "tb/workload/network_inputs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tb/data/dataset.h"
#include "tb/workload/batch_axis.h"
#include "tb/workload/workload.h"
#include "tests/sw_ref/frontend/import_test_support.h"
#include "tests/tb/data/zip_writer.h"
#include "types/util/atomic_file.h"

namespace systoliq::tb {
namespace {

Graph two_inputs(ElementType second = ElementType::kFloat) {
  Graph graph;
  graph.inputs = {"a", "b/c"};
  graph.values["a"].shape = {1, 2};
  graph.values["b/c"].shape = {1, 3};
  graph.values["b/c"].type = second;
  return graph;
}

FloatTensor values(const Shape& shape, float first) {
  FloatTensor tensor(shape);
  for (float& value : tensor.data) value = first++;
  return tensor;
}

class NetworkInputs : public testing::Test {
 protected:
  std::string save(const std::string& name, const FloatTensor& tensor) {
    write_npy(folder_ / name, tensor);
    return folder_ / name;
  }
  TemporaryFolder folder_;
};

TEST_F(NetworkInputs, AreJoinedImageByImage) {
  const std::string a = save("a.npy", values({2, 2}, 0.0F));
  const std::string b = save("b.npy", values({2, 3}, 10.0F));
  const std::vector<FloatTensor> images = read_all_inputs({"b/c=" + b, "a=" + a}, forms_of(two_inputs(), false));
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].data, (std::vector<float>{0, 1, 10, 11, 12}));
  EXPECT_EQ(images[1].data, (std::vector<float>{2, 3, 13, 14, 15}));
  EXPECT_EQ(images[1].shape, (Shape{5}));
}

TEST_F(NetworkInputs, MayLieInOneArchive) {
  const auto array = [](float first, const std::string& shape, int count) {
    Bytes data;
    for (int i = 0; i < count; ++i) {
      const float value = first + static_cast<float>(i);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
      data.insert(data.end(), bytes, bytes + sizeof value);
    }
    return npy_bytes("<f4", shape, data);
  };
  const Bytes archive = zip_bytes({{"b/c.npy", array(10.0F, "(1, 3)", 3)}, {"a.npy", array(0.0F, "(2,)", 2)}});
  const std::string path = folder_ / "all.npz";
  write_file(path, std::string(archive.begin(), archive.end()));
  const std::vector<FloatTensor> images = read_all_inputs({path}, forms_of(two_inputs(), false));
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].data, (std::vector<float>{0, 1, 10, 11, 12}));
  const Bytes half = zip_bytes({{"a.npy", array(0.0F, "(2,)", 2)}});
  write_file(path, std::string(half.begin(), half.end()));
  expect_refused([&] { read_all_inputs({path}, forms_of(two_inputs(), false)); }, {"an array 'b/c' is needed"});
}

TEST_F(NetworkInputs, Bad) {
  const std::string a = save("a.npy", values({2, 2}, 0.0F));
  const std::string b = save("b.npy", values({1, 3}, 0.0F));
  const std::vector<InputForm> forms = forms_of(two_inputs(), false);
  expect_refused([&] { read_all_inputs({"a=" + a}, forms); }, {"input 'b/c' is not given", "'a', 'b/c'"});
  expect_refused([&] { read_all_inputs({a}, forms); }, {"the network has 2 inputs", "NAME=FILE for each"});
  expect_refused([&] { read_all_inputs({"x=" + a}, forms); }, {"--input x="});
  expect_refused([&] { read_all_inputs({"a=" + a, "b/c=" + b}, forms); }, {"1 images", "2 for input 'a'"});
}

TEST_F(NetworkInputs, AtRandomAsTheirTypeIs) {
  const std::vector<FloatTensor> reals = random_inputs(two_inputs(), 3);
  ASSERT_EQ(reals.size(), 3U);
  EXPECT_EQ(reals[0].data.size(), 5U);
  EXPECT_NE(reals[0].data, reals[1].data);
  const std::vector<FloatTensor> mixed = random_inputs(two_inputs(ElementType::kUint8), 1);
  EXPECT_EQ(mixed[0].data[0], reals[0].data[0]);
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_EQ(mixed[0].data[i], std::floor(mixed[0].data[i]));
    EXPECT_GE(mixed[0].data[i], 0.0F);
    EXPECT_LE(mixed[0].data[i], 255.0F);
  }
}

TEST_F(NetworkInputs, LoadWithTheirNetwork) {
  WorkloadRequest request;
  request.network = folder_ / "sum.onnx";
  write_file(request.network,
             test::model(test::node("Add", {"a", "b"}, "y") + test::input("a", {"2", "1", "4", "4"}) +
                         test::input("b", {"2", "1", "4", "4"}) + test::output("y", {"2", "1", "4", "4"})));
  request.calibration_images = 4;
  request.images = 3;
  const Workload workload = load_workload(request);
  EXPECT_EQ(workload.batch, 2);
  EXPECT_EQ(workload.images.size(), 4U) << "whole batches";
  EXPECT_EQ(workload.images[0].data.size(), 32U);
  EXPECT_EQ(workload.network.inputs.size(), 2U);
  request.batch = 3;
  EXPECT_EQ(load_workload(request).images.size(), 3U);
  request.dataset = "digits";
  expect_refused([&] { load_workload(request); }, {"--dataset digits", "'a', 'b'", "--input NAME=FILE"});
}

/// An operator along axis 0 would mix images that run one after another.
TEST(Batches, ThatMixImagesBad) {
  Graph graph;
  graph.opset = 13;
  graph.inputs = {"x"};
  graph.values["x"].shape = {1, 4};
  const auto node = [](const std::string& op, const std::string& name, const Attribute& value) {
    Node made;
    made.name = made.op = op;
    made.inputs = {"x"};
    made.outputs = {"y"};
    made.attributes[name] = value;
    return made;
  };
  const std::vector<Node> mixing = {node("Softmax", "axis", std::int64_t{0}), node("ArgMax", "axis", std::int64_t{-2}),
                                    node("ReduceSum", "axes", std::vector<std::int64_t>{0}),
                                    node("ReduceMean", "keepdims", std::int64_t{1}),
                                    node("Transpose", "perm", std::vector<std::int64_t>{1, 0})};
  for (const Node& each : mixing) {
    graph.nodes = {each};
    expect_refused([&] { check_images_apart(graph, 4); }, {"(" + each.op + ")", "4 images", "--batch 1"});
    EXPECT_NO_THROW(check_images_apart(graph, 1));
  }
  graph.nodes = {node("Softmax", "axis", std::int64_t{-1}), node("ReduceSum", "axes", std::vector<std::int64_t>{1}),
                 node("Transpose", "perm", std::vector<std::int64_t>{0, 1})};
  EXPECT_NO_THROW(check_images_apart(graph, 4));
}

}  // namespace
}  // namespace systoliq::tb
