// SPDX-License-Identifier: Apache-2.0
// The test bench: runs images on the machine, on the integer reference and in float, and compares every layer's output.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/run_program.h"
#include "tb/compare/compiled_network.h"
#include "tb/compare/error_statistics.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// Called after every image with the number of those done; may be empty.
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

struct LayerReport {
  std::string name, op;
  bool on_host = false;  ///< no layer of the machine: an operator that the host computed
  Shape output_shape;
  std::int64_t macs = 0;
  model::LayerCounters counters;
  std::optional<ErrorStatistics> accumulated;  ///< against float; absent without a float network
  std::optional<ErrorStatistics> isolated;     ///< each layer fed exact inputs; only from compare
  std::optional<std::int64_t> mismatches;      ///< model outputs that differ from the reference; absent without data
  std::string first_mismatch;                  ///< where, expected and found; empty when there is none
};

struct NetworkReport {
  std::string network, float_source;  ///< and what its float errors are measured against
  model::Level level = model::Level::kTransaction;
  model::AcceleratorConfig config;
  std::int64_t images = 0, cycles = 0, image_bytes = 0;
  std::vector<LayerReport> layers;              ///< of the machine and of the host, in the order of execution
  std::vector<std::vector<IntTensor>> outputs;  ///< per image, every tensor's stored integers from the machine
  std::vector<std::map<std::string, FloatTensor>> host_values;  ///< per image, what the host computed, by name
};

struct BenchOptions {
  model::Level level = model::Level::kTransaction;
  bool isolated = false;              ///< also each layer's error on exact inputs
  bool keep_outputs = false;          ///< fill NetworkReport::outputs
  model::TraceSink* trace = nullptr;  ///< level cycle: sees the first image's run
  Progress progress;
};

/// Runs `images` (float, the network's input) through model and reference, and through `float_graph` when given.
NetworkReport run_bench(const QuantizedNetwork& network, const Graph* float_graph,
                        const std::vector<FloatTensor>& images, const model::AcceleratorConfig& config,
                        const BenchOptions& options);
/// The same for a network that is compiled already.
NetworkReport run_bench(const CompiledNetwork& compiled, const Graph* float_graph,
                        const std::vector<FloatTensor>& images, const BenchOptions& options);

struct Accuracy {
  std::int64_t images = 0, float_correct = 0, quantized_correct = 0;
};

/// Throws InputError for level timing.
void check_has_data(model::Level level);

/// Top-1 over images, quantized on the machine at `level`, float where `float_graph` is given.
Accuracy measure_accuracy(const QuantizedNetwork& network, const Graph* float_graph,
                          const std::vector<FloatTensor>& images, const std::vector<int>& labels,
                          const model::AcceleratorConfig& config, model::Level level, const Progress& progress);
/// The same for a network that is compiled already.
Accuracy measure_accuracy(const CompiledNetwork& compiled, const Graph* float_graph,
                          const std::vector<FloatTensor>& images, const std::vector<int>& labels, model::Level level,
                          const Progress& progress);

}  // namespace systoliq::tb
