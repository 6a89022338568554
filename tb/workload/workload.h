// SPDX-License-Identifier: Apache-2.0
// What most commands share: options that name network, data, configuration and quantization, and loading them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "tb/cli/quantize_arguments.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::cli {

struct WorkloadArguments {
  std::string network, config, dataset, float_network;
  std::vector<std::string> inputs;
  std::int64_t images = 1;
  QuantizeArguments quantize;
};
/// Adds NET, --config, --dataset, --input, --images, --float and the quantization options.
void add_workload_options(CLI::App& command, WorkloadArguments& arguments);

/// A network ready to run: quantized here if it was float, with its float graph.
struct Workload {
  QuantizedNetwork network;
  sw_ref::QuantizeReport quantization;   ///< of a network that was quantized here
  std::vector<FloatTensor> calibration;  ///< what it was calibrated on
  std::optional<Graph> float_graph;
  bool integer_input = false;  ///< .npy inputs hold the network's integers
  std::string float_source;    ///< what "float" means in reports
  std::vector<FloatTensor> images;
  std::vector<int> labels;
  model::AcceleratorConfig config;
};
Workload load_workload(const WorkloadArguments& arguments);

/// The configuration file, or the defaults when the path is empty.
model::AcceleratorConfig load_config(const std::string& path);

/// Path of a file that ships with the project, such as models/lenet5.onnx.
std::string shipped(const std::string& relative);

/// Reads a network; a float one is calibrated on the data set's training part and quantized, and is `float_graph`.
/// Beside a quantized one that is the graph named by --float, else its float twin.
Workload load_network(const WorkloadArguments& arguments);

/// The float or quantized graph of an ONNX file, or of a built-in network: trained where it ships, else with random
/// weights.
Graph load_graph(const std::string& network);

/// First `count` images of a split as network inputs.
std::vector<FloatTensor> load_images(const std::string& dataset, const std::string& split, std::int64_t count,
                                     const Shape& input_shape, std::vector<int>* labels);

}  // namespace systoliq::cli
