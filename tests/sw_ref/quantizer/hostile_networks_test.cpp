// SPDX-License-Identifier: Apache-2.0
// Small files that ask for much: memory and time stay in proportion, or the tensor is named. Found by tests/fuzz and by
// thinking as it does.
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <random>

#include "sw_ref/frontend/graph/node_view.h"
#include "sw_ref/frontend/graph/rules.h"
#include "sw_ref/quantizer/fusion/fused_network.h"
#include "sw_ref/quantizer/fusion/view.h"
#include "tests/sw_ref/quantizer/forms_helpers.h"
#include "types/util/index.h"

namespace systoliq::sw_ref {
namespace {

using forms_test::parse;
using test::floats;
using test::int64s;
using test::node;

/// Far above what any of these takes, and far below what they took before.
constexpr double kSeconds = 20.0;

FusedNetwork timed(const Graph& graph) {
  const auto start = std::chrono::steady_clock::now();
  LoweringInput input;
  input.graph = &graph;
  FusedNetwork network = lower_collecting(input);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), kSeconds);
  return network;
}

std::string first_obstacle(const Graph& graph) {
  try {
    const FusedNetwork network = timed(graph);
    return network.obstacles.empty() ? "" : network.obstacles.front();
  } catch (const InputError& error) {
    return error.what();
  }
}

std::string name_of(const std::string& base, int i) { return base + std::to_string(i); }

/// Every value has two readers, so that there are 2^60 ways from the input to the output.
TEST(HostileNetworks, ManyWaysThroughTheGraph) {
  std::string swishes, sums, last = "x";
  for (int i = 0; i < 60; ++i) {
    const std::string next = i == 59 ? "y" : name_of("t", i);
    swishes += node("Sigmoid", {last}, name_of("s", i)) + node("Mul", {last, name_of("s", i)}, next);
    sums += node("Add", {last, last}, next);
    last = next;
  }
  EXPECT_TRUE(timed(parse(swishes, {"1", "4", "4", "4"})).obstacles.empty());
  EXPECT_TRUE(timed(parse(sums, {"1", "4", "4", "4"})).obstacles.empty());
}

TEST(HostileNetworks, LongAxesAreNamed) {
  EXPECT_NE(first_obstacle(parse(node("Relu", {"x"}, "y"), {"1", "268435456"})).find("axes of up to 8388608"),
            std::string::npos);
  const std::string expand = node("Expand", {"x", "s"}, "big") + node("Relu", {"big"}, "y") + int64s("s", {1, 1 << 24});
  EXPECT_NE(first_obstacle(parse(expand, {"1", "1"})).find("tensor 'big'"), std::string::npos);
  std::string chain, last = "x";
  for (int i = 0; i < 20; ++i) {
    const std::string next = i == 19 ? "y" : name_of("t", i);
    chain += node("Relu", {last}, next);
    last = next;
  }
  EXPECT_NE(first_obstacle(parse(chain, {"1", "2000000"})).find("add up to 42000021"), std::string::npos);
}

/// 2^27 elements: one value per channel needs none of them, several do.
TEST(HostileNetworks, ConstantsOverLargeImages) {
  const std::vector<std::string> image = {"1", "2", "8192", "8192"};
  const std::string channels = floats("c", {1, 2, 1, 1}, {1.5F, 2.0F});
  for (const char* op : {"Add", "Mul"}) {
    const FusedNetwork network = timed(parse(node(op, {"x", "c"}, "y") + channels, image));
    ASSERT_EQ(network.layers.size(), 1U) << op;
    EXPECT_EQ((op[0] == 'M' ? network.layers[0].weights : network.layers[0].bias).values.data,
              (std::vector<double>{1.5, 2.0}));
  }
  const std::string rows = floats("r", {1, 1, 8192, 1}, std::vector<float>(8192, 0.5F));
  EXPECT_NE(first_obstacle(parse(node("Add", {"x", "r"}, "y") + rows, image)).find("accepted: up to 16777216"),
            std::string::npos);
  const std::string slopes = floats("p", {2, 1, 1}, {0.1F, 0.2F});
  EXPECT_TRUE(first_obstacle(parse(node("PRelu", {"x", "p"}, "y") + slopes, image)).empty());
  const std::string normal = node("BatchNormalization", {"x", "b", "b", "b", "b"}, "y") + floats("b", {2}, {1, 2});
  EXPECT_TRUE(first_obstacle(parse(normal, image)).empty());
}

/// Work that is small for one node and large for many is counted.
TEST(HostileNetworks, ElementsInAnotherOrderAreCounted) {
  std::string nodes = int64s("s", {1, 1, 2, 2}), outputs;
  for (int i = 0; i < 40; ++i) {
    nodes += node("Tile", {"x", "s"}, name_of("r", i)) + node("Sigmoid", {name_of("r", i)}, name_of("o", i));
    outputs += test::bytes(12, test::bytes(1, name_of("o", i)));
  }
  const Graph graph = parse(nodes + outputs + node("Relu", {"x"}, "y"), {"1", "8", "256", "256"});
  EXPECT_NE(first_obstacle(graph).find("more than 67108864"), std::string::npos) << first_obstacle(graph);
}

/// Nodes that a layer would compute, were it not for a shape that shows late, go to the host, and each one anew ended
/// the walk.
TEST(HostileNetworks, ManyNodesThatTheHostTakesBack) {
  std::string nodes = node("MaxPool", {"x"}, "u", test::ints_attribute("kernel_shape", {1, 4}));
  std::string outputs;
  constexpr int kNodes = 1500;
  for (int i = 0; i < kNodes; ++i) {
    const std::string k = std::to_string(i);
    nodes += node("Slice", {"x", "a", "b", "axes"}, "p" + k) + node("Mul", {"p" + k, "u"}, "m" + k) +
             node("Exp", {"m" + k}, "o" + k);
    outputs += test::bytes(12, test::bytes(1, "o" + k));
  }
  const std::string part = int64s("a", {0}) + int64s("b", {1}) + int64s("axes", {2});
  const FusedNetwork network = timed(parse(nodes + part + outputs + node("Relu", {"x"}, "y"), {"1", "3", "4", "4"}));
  EXPECT_TRUE(network.obstacles.empty()) << network.obstacles.front();
}

/// A movement along single axes gives the same offsets as one through every element.
TEST(HostileNetworks, MovementByAxisIsTheMovement) {
  std::mt19937 random(5);
  int by_axis = 0;
  for (int round = 0; round < 300; ++round) {
    Shape shape(2 + random() % 3);
    for (std::int64_t& size : shape) size = 1 + static_cast<std::int64_t>(random() % 4);
    std::vector<std::size_t> order(shape.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    Shape tensor;
    for (const std::size_t axis : order) tensor.push_back(shape[axis]);
    const std::vector<Offsets> lying = row_major_axes(tensor);
    std::vector<Offsets> axes(shape.size());
    for (std::size_t k = 0; k < order.size(); ++k) axes[order[k]] = lying[k];
    std::shuffle(order.begin(), order.end(), random);
    Movement movement = permuted_walk(whole_walk(shape), order, {});
    WalkAxis& cut = movement.axes[random() % movement.axes.size()];
    if (random() % 2 == 0 && cut.size > 1) {
      cut.first = cut.step;
      cut.size -= 1;
    }
    for (const WalkAxis& axis : movement.axes) movement.shape.push_back(axis.size);
    const std::optional<std::vector<Offsets>> fast = moved_by_axis(axes, movement);
    const std::optional<std::vector<Offsets>> slow = moved(axes, movement);
    ASSERT_TRUE(slow);
    if (!fast) continue;
    ++by_axis;
    EXPECT_EQ(places_of(*fast), places_of(*slow)) << to_string(shape);
  }
  EXPECT_GT(by_axis, 250);
}

}  // namespace
}  // namespace systoliq::sw_ref
