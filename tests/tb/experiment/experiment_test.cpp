// SPDX-License-Identifier: Apache-2.0
// Measurements of a network small enough to count by hand; what is kept and reused; tables and plots.
#include "tb/experiment/experiment.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>

#include "sw_ref/frontend/onnx/onnx_reader.h"
#include "sw_ref/networks/networks.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "tb/data/dataset.h"
#include "tb/experiment/experiment_report.h"
#include "tb/experiment/measurement_json.h"

namespace systoliq::tb {
namespace {

class ExperimentTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static TestImages digits(std::int64_t count, const Shape& shape) {
    const Dataset data = open_dataset("digits", "test", count);
    TestImages test;
    for (std::int64_t i = 0; i < count; ++i) test.images.push_back(network_input(data, i, shape));
    test.labels = data.labels;
    return test;
  }

  /// LeNet-5 as shipped; `quantized` counts how often something is quantized.
  ExperimentServices services() {
    ExperimentServices services;
    services.load = [this](const std::string& network) {
      Graph graph = sw_ref::read_onnx(network);
      if (change_) change_(&graph);
      return graph;
    };
    services.locate = [](const std::string& name) { return std::string(SYSTOLIQ_SOURCE_DIR) + "/" + name; };
    services.images = [](const Shape& shape) { return digits(20, shape); };
    services.quantize = [this](const Graph& graph, const std::string& options) {
      ++quantized_;
      sw_ref::QuantizeOptions quantize;
      if (options == "4") quantize.weight_bits = 4;
      return sw_ref::quantize(graph, digits(8, {1, 1, 32, 32}).images, quantize, nullptr);
    };
    return services;
  }

  static ExperimentRecipe recipe() {
    return parse_experiment(R"(
title = "LeNet-5 & two widths"
data = "digits"
network = "models/lenet5.onnx"
published = 98.7
[measure]
accuracy_images = 20
reference_images = 10
transaction_images = 2
[[variant]]
id = "eight"
published = 98.69
histograms = true
[[variant]]
id = "four"
options = "4"
)",
                            "x.toml");
  }

  std::vector<VariantResult> run(const ExperimentRecipe& recipe) {
    return run_experiment(recipe, model::AcceleratorConfig{}, folder_, services());
  }

  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("systoliq_experiment_" + std::to_string(getpid()))).string();
  int quantized_ = 0;
  std::function<void(Graph*)> change_;  ///< of every network that is read
};

TEST_F(ExperimentTest, CountsWhatItRan) {
  const std::vector<VariantResult> results = run(recipe());
  ASSERT_EQ(results.size(), 2U);
  for (const VariantResult& result : results) {
    const Measurement& m = result.measured;
    EXPECT_EQ(m.accuracy_images, 20);
    EXPECT_EQ(m.reference_images, 10);
    EXPECT_EQ(m.transaction_images, 2);
    EXPECT_EQ(m.predictions_differ, 0);
    EXPECT_EQ(m.mismatches, 0);
    EXPECT_GE(m.float_correct, 19);
    EXPECT_GT(m.cycles, 10000);
    EXPECT_EQ(m.macs, 28 * 28 * 150 + 10 * 10 * 2400 + 48000 + 10080 + 840);
    EXPECT_EQ(m.errors.size(), 7U) << "five layers with weights and two poolings";
    // 61,470 weights; no biases in the file, but 32 bits each on the machine.
    EXPECT_EQ(m.size.float_bytes, 4 * 61470);
    EXPECT_EQ(m.size.weight_bytes, result.variant.id == "four" ? 61470 / 2 : 61470);
    EXPECT_EQ(m.size.other_bytes, 8 * (6 + 16 + 120 + 84 + 10) + 5 * 8) << "scale and bias a channel; eight tensors";
    EXPECT_EQ(m.distributions.empty(), result.variant.id == "four");
  }
  EXPECT_LT(results[1].measured.memory_bytes, results[0].measured.memory_bytes) << "four bits move less";
  EXPECT_GT(results[1].measured.errors.back().mse, results[0].measured.errors.back().mse);
}

/// Two-bit weights in a float network: its accuracy, no integers, no machine.
TEST_F(ExperimentTest, IntegerWeightsWithFloatActivations) {
  ExperimentRecipe changed = recipe();
  changed.variants[1].float_activations = true;
  changed.variants[1].published = 77.25;
  const std::vector<VariantResult> results = run(changed);
  const Measurement& m = results[1].measured;
  EXPECT_EQ(m.accuracy_images, 20);
  EXPECT_GE(m.float_correct, 15);
  EXPECT_EQ(m.quantized_correct + m.reference_images + m.transaction_images + m.cycles, 0);
  EXPECT_TRUE(run(changed)[1].reused);
  changed.variants[1].float_activations = false;
  EXPECT_FALSE(run(changed)[1].reused);
  const std::string tables = experiment_tables(changed, results);
  EXPECT_NE(tables.find("| four | 77.25 | "), std::string::npos) << tables;
  EXPECT_EQ(tables.find("| four |", tables.find("The machine:")), std::string::npos) << tables;
}

TEST_F(ExperimentTest, WhatIsMeasuredIsNotMeasuredAgain) {
  const std::vector<VariantResult> first = run(recipe());
  EXPECT_FALSE(first[0].reused || first[1].reused);
  ExperimentRecipe changed = recipe();
  changed.variants[1].options = "";
  const std::vector<VariantResult> second = run(changed);
  EXPECT_TRUE(second[0].reused);
  EXPECT_FALSE(second[1].reused) << "other options";
  EXPECT_EQ(second[0].measured.quantized_correct, first[0].measured.quantized_correct);
  EXPECT_EQ(second[0].measured.errors[3].mse, first[0].measured.errors[3].mse) << "kept without loss";
  changed.extent.accuracy_images = 10;
  EXPECT_FALSE(run(changed)[0].reused) << "other extent";
  std::ofstream(folder_ + "/eight.json") << "{\"identity\": 3";
  EXPECT_THROW(run(changed), InputError) << "damaged";
}

/// Integers and constants are the same here; the float network that they are compared with is another one.
TEST_F(ExperimentTest, AnotherAttributeIsAnotherNetwork) {
  ExperimentRecipe one = recipe();
  one.variants.resize(1);
  const auto set_attribute = [](const Attribute& value) {
    return [value](Graph* graph) {
      const auto pooling =
          std::find_if(graph->nodes.begin(), graph->nodes.end(), [](const Node& node) { return node.op == "MaxPool"; });
      ASSERT_NE(pooling, graph->nodes.end());
      pooling->attributes["note"] = value;
    };
  };
  EXPECT_FALSE(run(one)[0].reused);
  EXPECT_TRUE(run(one)[0].reused);
  for (const Attribute& value : {Attribute(std::int64_t{0}), Attribute(std::int64_t{1}), Attribute(0.0F),
                                 Attribute(std::string("0")), Attribute(std::vector<std::int64_t>{0})}) {
    change_ = set_attribute(value);
    EXPECT_FALSE(run(one)[0].reused) << "value of type " << value.index();
    EXPECT_TRUE(run(one)[0].reused) << "value of type " << value.index();
  }
}

/// Killed between the network and whatever is written after it: the network is not taken for one put there by hand.
TEST_F(ExperimentTest, InterruptedTrainingIsKnownByItsRecipe) {
  ExperimentRecipe training = recipe();
  training.network.clear();
  training.train = "models/first.toml";
  ExperimentServices services = this->services();
  const std::string recipe_path = testing::TempDir() + "systoliq_recipe_" + std::to_string(getpid());
  services.locate = [&](const std::string&) { return recipe_path; };
  services.train = [](const std::string&, const std::string&, const std::string& output) {
    std::filesystem::copy_file(SYSTOLIQ_SOURCE_DIR "/models/lenet5.onnx", output);
    throw std::runtime_error("killed");
  };
  const auto run_again = [&] { run_experiment(training, model::AcceleratorConfig{}, folder_, services); };
  std::ofstream(recipe_path) << "first";
  EXPECT_THROW(run_again(), std::runtime_error);
  ASSERT_TRUE(std::filesystem::exists(folder_ + "/float.onnx"));
  EXPECT_NO_THROW(run_again()) << "the network is whole, and of this recipe";
  std::ofstream(recipe_path) << "second";
  EXPECT_THROW(run_again(), InputError) << "another recipe";
  std::filesystem::remove(folder_ + "/float.onnx");
  EXPECT_THROW(run_again(), std::runtime_error) << "trained anew";
  EXPECT_NO_THROW(run_again());
  std::filesystem::remove(recipe_path);
}

TEST_F(ExperimentTest, MoreImagesThanThereAreAreRefused) {
  ExperimentRecipe large = recipe();
  large.extent.transaction_images = 21;
  EXPECT_THROW(run(large), InputError);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/eight.json"));
}

TEST_F(ExperimentTest, MachineFollowsTheNetwork) {
  const Graph graph = services().load(services().locate("models/lenet5.onnx"));
  sw_ref::QuantizeOptions options;
  options.weight_bits = 3;
  options.codebook = sw_ref::CodebookKind::kPerTensor;
  const QuantizedNetwork network = sw_ref::quantize(graph, digits(8, {1, 1, 32, 32}).images, options, nullptr);
  const model::AcceleratorConfig machine = machine_for({}, network, true);
  EXPECT_EQ(machine.datatypes.weight_bits, 3);
  EXPECT_EQ(machine.datatypes.activation_bits, 8);
  EXPECT_EQ(machine.weights.codec, model::WeightCodec::kCodebook);
  EXPECT_EQ(machine.requant.multiplier_bits, 0);
  EXPECT_EQ(model_size(graph, network).codebook_bytes, 5 * 8) << "five layers, 2^3 entries each";
}

TEST_F(ExperimentTest, TablesAndPlotsShowTheFigures) {
  const std::vector<VariantResult> results = run(recipe());
  const std::string tables = experiment_tables(recipe(), results);
  for (const char* part : {"| eight | 98.69 |", "| float | 98.70 |", "| 0 / 10 | 0 in 2 images |", "conv1"}) {
    EXPECT_NE(tables.find(part), std::string::npos) << part << " is missing in\n" << tables;
  }
  const auto plots = experiment_plots(recipe(), results);
  EXPECT_EQ(plots.size(), 3U) << "accuracy, sizes, distributions of one variant";
  for (const auto& [name, svg] : plots) {
    EXPECT_EQ(svg.rfind("<svg", 0), 0U) << name;
    EXPECT_NE(svg.find("</svg>"), std::string::npos) << name;
    EXPECT_NE(svg.find("LeNet-5 &amp; two widths"), std::string::npos) << name;
  }
  EXPECT_NE(layer_errors_csv(results).find("four,conv1,"), std::string::npos);
}

TEST(MeasurementJson, InfinityAndFiguresComeBack) {
  Measurement m;
  m.cycles = 12345678901;
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  m.errors = {{"exact", 0.0, infinity}, {"off", 0.1, 3.0}, {"of zeros", 0.1, -infinity}, {"undefined", nan, nan}};
  m.size.image_bytes = 77;
  const std::string path = testing::TempDir() + "/systoliq_measurement.json";
  std::ofstream(path) << to_json(m, "one");
  const auto found = read_measurement(path, "one");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cycles, 12345678901);
  EXPECT_TRUE(std::isinf(found->errors[0].sqnr_db));
  EXPECT_GT(found->errors[0].sqnr_db, 0.0);
  EXPECT_EQ(found->errors[1].mse, 0.1);
  EXPECT_EQ(found->errors[2].sqnr_db, -infinity);
  EXPECT_TRUE(std::isnan(found->errors[3].mse) && std::isnan(found->errors[3].sqnr_db));
  EXPECT_EQ(found->size.image_bytes, 77);
  EXPECT_FALSE(read_measurement(path, "another"));
  EXPECT_FALSE(read_measurement(path + ".none", "one"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace systoliq::tb
