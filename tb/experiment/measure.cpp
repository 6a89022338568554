// SPDX-License-Identifier: Apache-2.0
// Counting and comparing; nothing here computes a layer.
#include "tb/experiment/measure.h"

#include <algorithm>
#include <numeric>

#include "sw_ref/float/float_executor.h"
#include "tb/compare/bench.h"
#include "tb/compare/compiled_network.h"
#include "tb/compare/scores.h"

namespace systoliq::tb {
namespace {

constexpr std::size_t kDistributionImages = 16;

template <typename Values>
int index_of_largest(const Values& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// The first `count` images, 0 meaning all.
std::size_t checked_count(std::int64_t count, const TestImages& test, const char* key) {
  if (count == 0) return test.images.size();
  if (count > static_cast<std::int64_t>(test.images.size())) {
    throw InputError("measure." + std::string(key) + " = " + std::to_string(count) + ": the data set has " +
                     std::to_string(test.images.size()) + " test images");
  }
  return static_cast<std::size_t>(count);
}

/// Float accuracy, and the machine's at level functional beside the integer reference's predictions.
void measure_accuracy(const QuantizedNetwork& network, const Graph& graph, const TestImages& test,
                      const CompiledNetwork& compiled, const Extent& extent, const ExperimentProgress& progress,
                      Measurement* result) {
  const std::size_t images = checked_count(extent.accuracy_images, test, "accuracy_images");
  const std::size_t referenced = std::min(images, checked_count(extent.reference_images, test, "reference_images"));
  const sw_ref::FloatExecutor executor(graph);
  for (std::size_t i = 0; i < images; ++i) {
    const NetworkRun run = compiled.run_image(test.images[i], model::Level::kFunctional, false);
    const int found = index_of_largest(scores_of(network, run.values).data);
    const auto floats = executor.run(sw_ref::float_inputs(graph, test.images[i]));
    result->quantized_correct += found == test.labels[i] ? 1 : 0;
    result->float_correct += index_of_largest(floats.at(graph.outputs.front()).data) == test.labels[i] ? 1 : 0;
    if (i < referenced) {
      const sw_ref::NetworkValues reference = sw_ref::reference_values(network, compiled.host_parts(), test.images[i],
                                                                       compiled.order(), compiled.packing());
      const int expected = index_of_largest(scores_of(network, reference).data);
      result->predictions_differ += found == expected ? 0 : 1;
    }
    if (progress) progress("accuracy", static_cast<double>(i + 1) / static_cast<double>(images));
  }
  result->accuracy_images = static_cast<std::int64_t>(images);
  result->reference_images = static_cast<std::int64_t>(referenced);
}

void measure_layers(const QuantizedNetwork& network, const Graph& graph, const TestImages& test,
                    const model::AcceleratorConfig& config, const Extent& extent, Measurement* result) {
  const std::size_t count = checked_count(extent.transaction_images, test, "transaction_images");
  BenchOptions options;
  options.level = model::Level::kTransaction;
  const std::vector<FloatTensor> images(test.images.begin(), test.images.begin() + static_cast<std::ptrdiff_t>(count));
  const NetworkReport report = run_bench(network, &graph, images, config, options);
  result->transaction_images = report.images;
  result->cycles = report.cycles;
  result->size.image_bytes = report.image_bytes;
  for (const LayerReport& layer : report.layers) {
    if (layer.on_host) continue;
    check(layer.mismatches.has_value(), "level transaction compares every layer");
    result->mismatches += *layer.mismatches;
    result->macs += layer.macs;
    result->memory_bytes += layer.counters.memory_read_bytes + layer.counters.memory_write_bytes;
    if (layer.accumulated)
      result->errors.push_back({layer.name, layer.accumulated->mse(), layer.accumulated->sqnr_db()});
  }
}

}  // namespace

ModelSize model_size(const Graph& float_graph, const QuantizedNetwork& network) {
  ModelSize size;
  for (const auto& [name, value] : float_graph.values) {
    if (value.is_constant) size.float_bytes += 4 * static_cast<std::int64_t>(value.floats.data.size());
  }
  for (const QuantizedLayer& layer : network.layers) {
    const auto weights = static_cast<std::int64_t>(layer.weights.data.size());
    size.weight_bytes += (weights * layer.weight_bits + 7) / 8;
    size.codebook_bytes += static_cast<std::int64_t>(layer.codebook.size());
    size.other_bytes += 4 * static_cast<std::int64_t>(layer.weight_scales.size() + layer.bias.size());
  }
  size.other_bytes += 5 * static_cast<std::int64_t>(network.tensors.size());
  return size;
}

model::AcceleratorConfig machine_for(model::AcceleratorConfig base, const QuantizedNetwork& network, bool shifts_only) {
  base.datatypes.weight_bits = base.datatypes.activation_bits = 2;
  for (const QuantizedLayer& layer : network.layers) {
    if (!has_weights(layer.op)) continue;
    base.datatypes.weight_bits = std::max(base.datatypes.weight_bits, layer.weight_bits);
    if (!layer.codebook.empty()) base.weights.codec = model::WeightCodec::kCodebook;
  }
  for (const QuantizedTensor& tensor : network.tensors) {
    base.datatypes.activation_bits = std::max(base.datatypes.activation_bits, tensor.bits);
  }
  if (shifts_only) base.requant.multiplier_bits = 0;
  model::validate(base);
  return base;
}

Measurement measure_float(const Graph& float_graph, const TestImages& test, const Extent& extent,
                          const ExperimentProgress& progress) {
  check(test.images.size() == test.labels.size(), "every test image has a label");
  Measurement result;
  const std::size_t images = checked_count(extent.accuracy_images, test, "accuracy_images");
  const sw_ref::FloatExecutor executor(float_graph);
  for (std::size_t i = 0; i < images; ++i) {
    const auto floats = executor.run(sw_ref::float_inputs(float_graph, test.images[i]));
    result.float_correct += index_of_largest(floats.at(float_graph.outputs.front()).data) == test.labels[i] ? 1 : 0;
    if (progress) progress("accuracy", static_cast<double>(i + 1) / static_cast<double>(images));
  }
  result.accuracy_images = static_cast<std::int64_t>(images);
  return result;
}

Measurement measure(const QuantizedNetwork& network, const Graph& float_graph, const TestImages& test,
                    const model::AcceleratorConfig& config, const Extent& extent, bool distributions,
                    const ExperimentProgress& progress) {
  check(test.images.size() == test.labels.size(), "every test image has a label");
  Measurement result;
  result.size = model_size(float_graph, network);
  if (progress) progress("layers", 0.0);
  measure_layers(network, float_graph, test, config, extent, &result);
  if (distributions) {
    const std::size_t count = std::min(kDistributionImages, test.images.size());
    result.distributions = sw_ref::layer_errors(
        float_graph, network, {test.images.begin(), test.images.begin() + static_cast<std::ptrdiff_t>(count)});
    for (sw_ref::TensorError& error : sw_ref::weight_errors(float_graph, network)) {
      result.distributions.push_back(std::move(error));
    }
  }
  const CompiledNetwork compiled(network, config);
  measure_accuracy(network, float_graph, test, compiled, extent, progress, &result);
  return result;
}

}  // namespace systoliq::tb
