// SPDX-License-Identifier: Apache-2.0
// Networks that leave the machine for the host and come back: at every level the same bits and cycles, no mismatch,
// and the traffic between them counted.
#include <gtest/gtest.h>

#include "sw_ref/quantizer/integer/quantize.h"
#include "tb/compare/bench.h"
#include "tb/compare/scores.h"
#include "tb/compare/stage_on_its_own.h"
#include "tb/report/report.h"
#include "tests/sw_ref/quantizer/quantize_helpers.h"
#include "types/util/index.h"

namespace systoliq::tb {
namespace {

using sw_ref::OnnxGraph;

void add_convolution(OnnxGraph& g, const std::string& from, const std::string& to, std::int64_t in, std::int64_t out) {
  sw_ref::add_random_floats(g, to + ".w", {out, in, 3, 3}, static_cast<std::uint32_t>(5 * in + out), 0.3F);
  OnnxGraph::set_ints(g.add_node("Conv", to + ".conv", {from, to + ".w"}, to), "pads", {1, 1, 1, 1});
}

/// Two inputs, a host layer between the convolutions, and a Softmax behind.
Graph network_graph() {
  OnnxGraph g("between", 13);
  g.add_input("x", {2, 6, 6});
  g.add_input("z", {4, 6, 6});
  add_convolution(g, "x", "a", 2, 4);
  OnnxGraph::set_int(g.add_node("LRN", "lrn", {"a"}, "b"), "size", 3);
  g.add_node("Add", "sum", {"b", "z"}, "s");
  add_convolution(g, "s", "c", 4, 5);
  g.add_node("GlobalAveragePool", "pool", {"c"}, "p");
  g.add_node("Flatten", "flat", {"p"}, "f");
  OnnxGraph::set_int(g.add_node("Softmax", "softmax", {"f"}, "y"), "axis", 1);
  g.add_output("y", {5});
  return sw_ref::parse_onnx(g.serialize(), "between");
}

struct Made {
  Graph graph = network_graph();
  std::vector<FloatTensor> images = sw_ref::random_images({6 * 36}, 2, 3);
  QuantizedNetwork network = sw_ref::quantize(graph, images, {});
};

TEST(HostLayers, GiveTheSameAtEveryLevel) {
  const Made made;
  NetworkReport transaction;
  for (const model::Level level :
       {model::Level::kTransaction, model::Level::kFunctional, model::Level::kTiming, model::Level::kCycle}) {
    BenchOptions options;
    options.level = level;
    options.keep_outputs = level != model::Level::kTiming;
    const NetworkReport report = run_bench(made.network, &made.graph, made.images, {}, options);
    ASSERT_EQ(report.layers.size(), 6U) << to_table(report);
    EXPECT_EQ(report.layers[1].op, "host LRN");
    EXPECT_EQ(report.layers[2].op, "host Add") << "what follows on the host stays there";
    EXPECT_EQ(report.layers[1].counters.cycles, 0);
    EXPECT_EQ(report.layers.back().op, "host Softmax");
    if (level == model::Level::kTransaction) transaction = report;
    if (level != model::Level::kFunctional) {
      EXPECT_EQ(report.cycles, transaction.cycles);
    }
    if (level == model::Level::kTiming) continue;
    for (const LayerReport& layer : report.layers) {
      EXPECT_EQ(layer.mismatches, 0) << layer.name << ": " << layer.first_mismatch;
      EXPECT_GT(layer.accumulated->sqnr_db(), 20.0) << layer.name;
    }
    EXPECT_EQ(report.host_values.at(1).at("y").data, transaction.host_values.at(1).at("y").data);
  }
  EXPECT_NE(to_table(transaction).find("3 layers ran on the host"), std::string::npos) << to_table(transaction);
  EXPECT_NE(to_json(transaction, {}).find("\"layers_on_host\": 3"), std::string::npos);
  EXPECT_GT(transaction.layers[0].counters.memory_write_bytes, 0) << "STORE before the host";
  EXPECT_GT(transaction.layers[3].counters.memory_read_bytes, 0) << "LOAD behind it";
}

TEST(HostLayers, LeaveStagesThatToolsCanLookAtAlone) {
  const Made made;
  EXPECT_EQ(machine_stages(made.network).size(), 2U);
  EXPECT_EQ(score_count(made.network), 5);
  try {
    only_stage(made.network, "vectors");
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("in 2 parts"), std::string::npos) << error.what();
  }
  const StageOnItsOwn stage = stage_with_layer(made.network, 1);
  EXPECT_EQ(stage.first, 1U);
  const StoredInputs inputs = stage_inputs(made.network, stage, made.images[0], {});
  const CompiledNetwork alone(stage.network, {});
  const CompiledNetwork whole(made.network, {});
  const NetworkRun run = whole.run_image(made.images[0], model::Level::kFunctional, true);
  const model::RunResult found = alone.run(inputs, model::Level::kFunctional, true);
  const int output = stage.network.outputs.at(0);
  EXPECT_EQ(alone.output(found, output).data, nth(run.values.tensors, output).data);
}

TEST(HostLayers, ScoresAreThoseBeforeASoftmax) {
  const Made made;
  const CompiledNetwork compiled(made.network, {});
  const NetworkRun run = compiled.run_image(made.images[0], model::Level::kFunctional, false);
  const FloatTensor scores = scores_of(made.network, run.values);
  const FloatTensor output = sw_ref::real_output(made.network, run.values, 0);
  EXPECT_NE(scores.data, output.data);
  EXPECT_NEAR(output.data[1] / output.data[0], std::exp(scores.data[1] - scores.data[0]), 1e-4);
}

}  // namespace
}  // namespace systoliq::tb
