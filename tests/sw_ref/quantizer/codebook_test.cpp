// SPDX-License-Identifier: Apache-2.0
// Codebook weights: tables, errors, the way through ONNX, and the machine against the reference.
#include "sw_ref/quantizer/integer/codebook.h"

#include <set>

#include "quantize_helpers.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/options.h"
#include "sw_ref/quantizer/qdq/float_twin.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "sw_ref/quantizer/qdq/write_quantized.h"
#include "tb/compare/bench.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::uint64_t kSeed = 41;

QuantizeOptions codebook_options(CodebookKind kind, int bits) {
  QuantizeOptions options;
  options.codebook = kind;
  options.weight_bits = bits;
  return options;
}

/// Depthwise and plain convolutions whose weights are all positive, so that no cluster is near 0.
Graph positive_weights() {
  return small_graph({4, 6, 6}, [](OnnxGraph& g) {
    std::vector<float> weights = random_tensor({4 * 9}, 3).data;
    for (float& weight : weights) weight = 2.0F + weight;
    g.add_floats("w1", {4, 1, 3, 3}, weights);
    OnnxGraph::set_int(g.add_node("Conv", "depthwise", {"x", "w1"}, "c1"), "group", 4);
    g.add_output("c1", {4, 4, 4});
  });
}

TEST(Codebook, RoundTripOfEveryWidthAndKind) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(2, kSeed);
  for (const CodebookKind kind : {CodebookKind::kPerTensor, CodebookKind::kPerChannel}) {
    for (int bits = 2; bits <= 8; ++bits) {
      SCOPED_TRACE(std::to_string(bits) + " bits, kind " + std::to_string(static_cast<int>(kind)));
      QuantizeOptions options = codebook_options(kind, bits);
      options.per_channel = bits % 2 == 0;
      options.codebook_optimal = bits == 3;
      const QuantizedNetwork network = quantize(graph, images, options);
      const std::size_t tables = kind == CodebookKind::kPerTensor ? 1 : 16;
      EXPECT_EQ(network.layers[2].codebook.size(), tables << bits);  // second convolution: 16 channels
      expect_round_trip(network);
    }
  }
}

TEST(Codebook, OneScaleForAllTables) {
  const Graph graph = random_network("lenet5", kSeed);
  QuantizeOptions options = codebook_options(CodebookKind::kPerChannel, 4);
  options.per_channel = false;
  const QuantizedNetwork network = quantize(graph, digit_images(1, kSeed), options);
  EXPECT_EQ(network.layers[0].weight_scales.size(), 1U);
  EXPECT_EQ(network.layers[0].codebook.size(), 6U * 16U);
}

TEST(Codebook, WithoutMetadataItIsPlainQdq) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  const QuantizedNetwork network = quantize(graph, images, codebook_options(CodebookKind::kPerTensor, 4));
  Graph written = parse_onnx(to_onnx_qdq(network), "codebook");
  for (auto entry = written.metadata.begin(); entry != written.metadata.end();) {
    const bool keep = entry->first == "systoliq.preset";
    entry = keep ? std::next(entry) : written.metadata.erase(entry);
  }
  const QuantizedNetwork plain = read_quantized(written);
  const ReferenceResult a = run_integers(network, images[0]);
  const ReferenceResult b = run_integers(plain, images[0]);
  for (std::size_t i = 0; i < plain.layers.size(); ++i) {
    EXPECT_TRUE(plain.layers[i].codebook.empty());
    const auto output = static_cast<std::size_t>(plain.layers[i].output);
    EXPECT_TRUE(a.tensors[output].data == b.tensors[output].data) << plain.layers[i].name;
  }
}

TEST(Codebook, SecondRoundingIsReported) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  double previous = 1.0;
  for (const int bits : {2, 3, 4, 5, 6}) {
    QuantizeReport report;
    const QuantizedNetwork network = quantize(graph, images, codebook_options(CodebookKind::kPerTensor, bits), &report);
    ASSERT_EQ(report.codebooks.size(), 5U);
    const CodebookError& second = report.codebooks[1];
    EXPECT_GT(second.centroid_mse, 0.0);
    EXPECT_LT(second.centroid_mse, previous);
    // An entry errs by half a step of its scale at most.
    const double step = double{network.layers[2].weight_scales[0]};
    EXPECT_LT(second.stored_mse, second.centroid_mse + step * step / 4.0);
    EXPECT_GT(second.stored_mse, second.centroid_mse * (1.0 - 1e-9));
    previous = second.centroid_mse;
  }
}

TEST(Codebook, OptimumIsNotWorse) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  QuantizeOptions options = codebook_options(CodebookKind::kPerTensor, 4);
  QuantizeReport means;
  QuantizeReport best;
  quantize(graph, images, options, &means);
  options.codebook_optimal = true;
  quantize(graph, images, options, &best);
  for (std::size_t i = 0; i < best.codebooks.size(); ++i) {
    EXPECT_LE(best.codebooks[i].centroid_mse, means.codebooks[i].centroid_mse * (1.0 + 1e-9));
  }
}

TEST(Codebook, GroupedConvolutionKeepsZero) {
  for (const CodebookKind kind : {CodebookKind::kPerTensor, CodebookKind::kPerChannel}) {
    const QuantizedNetwork network =
        quantize(positive_weights(), random_images({1, 4, 6, 6}, 2, 5), codebook_options(kind, 2));
    const std::vector<std::int32_t>& codebook = network.layers[0].codebook;
    for (std::size_t table = 0; table < codebook.size(); table += 4) {
      const std::set<std::int32_t> entries(codebook.begin() + static_cast<std::ptrdiff_t>(table),
                                           codebook.begin() + static_cast<std::ptrdiff_t>(table + 4));
      EXPECT_EQ(entries.count(0), 1U);
      EXPECT_EQ(entries.size(), 4U);
    }
    expect_round_trip(network);
  }
}

TEST(Codebook, MachineEqualsReference) {
  model::AcceleratorConfig config =
      model::read_config(std::string(SYSTOLIQ_SOURCE_DIR) + "/configs/codebook_4bit.toml");
  const Graph lenet = random_network("lenet5", kSeed);
  for (const CodebookKind kind : {CodebookKind::kPerTensor, CodebookKind::kPerChannel}) {
    for (const int bits : {2, 4, 8}) {
      config.datatypes.weight_bits = bits;
      const QuantizedNetwork network = quantize(lenet, digit_images(4, kSeed), codebook_options(kind, bits));
      const QuantizedNetwork read = read_quantized(parse_onnx(to_onnx_qdq(network), "codebook"));
      for (const model::Level level : {model::Level::kFunctional, model::Level::kTransaction}) {
        tb::BenchOptions options;
        options.level = level;
        const tb::NetworkReport report = tb::run_bench(read, &lenet, digit_images(2, kSeed), config, options);
        for (const tb::LayerReport& layer : report.layers) {
          ASSERT_TRUE(layer.mismatches.has_value());
          EXPECT_EQ(*layer.mismatches, 0) << layer.name << ": " << layer.first_mismatch;
        }
      }
    }
  }
  const Graph grouped = positive_weights();
  config.datatypes.weight_bits = 2;
  const std::vector<FloatTensor> images = random_images({1, 4, 6, 6}, 2, 5);
  const QuantizedNetwork network = quantize(grouped, images, codebook_options(CodebookKind::kPerChannel, 2));
  const tb::NetworkReport report = tb::run_bench(network, &grouped, images, config, {});
  EXPECT_EQ(report.layers.at(0).mismatches.value_or(-1), 0) << report.layers[0].first_mismatch;
}

TEST(Codebook, MetadataThatCannotBe) {
  const Graph graph = random_network("lenet5", kSeed);
  const QuantizedNetwork network =
      quantize(graph, digit_images(1, kSeed), codebook_options(CodebookKind::kPerTensor, 2));
  const Graph written = parse_onnx(to_onnx_qdq(network), "codebook");
  const std::string key = "systoliq.codebook." + network.layers[0].name;
  ASSERT_EQ(written.metadata.count(key), 1U);
  const auto refused = [&](const std::string& text, const std::vector<std::string>& fragments) {
    Graph damaged = written;
    damaged.metadata[key] = text;
    expect_refused([&] { read_quantized(damaged); }, fragments);
  };
  refused("1 2 3", {key, "3 entries", "4 integers"});
  refused("", {key, "0 tables"});
  refused("1 2 3 x", {key, "'x'"});
  refused("1 2 3 128", {"'128'", "-128 to 127"});
  refused("1 2 3 99999999999", {"'99999999999'"});
  refused("1 2 3 4;1 2 3 4", {"2 tables", "6 output channels"});
  refused("1 2 3 4", {"is no entry"});
  Graph stray = written;
  stray.metadata["systoliq.codebook.nowhere"] = "1 2 3 4";
  expect_refused([&] { read_quantized(stray); }, {"nowhere", "no layer"});
}

TEST(Codebook, IndicesThatCouldNotBeReadBackAreNotWritten) {
  QuantizedNetwork network =
      quantize(random_network("lenet5", kSeed), digit_images(1, kSeed), codebook_options(CodebookKind::kPerTensor, 2));
  network.layers[0].codebook = {5, 5, 5, 5};
  expect_refused([&] { to_onnx_qdq(network); }, {"entry 5", "index 0"});
  network.layers[0].codebook = {5, 6, 7, 300};
  expect_refused([&] { to_onnx_qdq(network); }, {"entry 300", "8 bits"});
}

TEST(Codebook, OptionsThatContradict) {
  const Graph graph = random_network("lenet5", kSeed);
  const std::vector<FloatTensor> images = digit_images(1, kSeed);
  QuantizeOptions options = codebook_options(CodebookKind::kPerTensor, 4);
  options.weight_range = RangeMethod::kMse;
  expect_refused([&] { quantize(graph, images, options); }, {"codebook", "minmax"});
}

}  // namespace
}  // namespace systoliq::sw_ref
