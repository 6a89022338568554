// SPDX-License-Identifier: Apache-2.0
// Loading of networks, data and machines by name, and quantizing on the way: plain structs in, values out. Nothing here
// reads a command line or prints; remarks for the user are returned.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "sw_ref/quantizer/integer/quantize.h"
#include "sw_ref/quantizer/qdq/read_quantized.h"
#include "tb/data/normalization.h"
#include "tb/workload/input_arrays.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// What to run, on what, with which data.
struct WorkloadRequest {
  std::string network;  ///< ONNX or TensorFlow Lite file, or name of a built-in network; empty: the shipped LeNet-5
  std::string float_network;  ///< float ONNX file that a quantized network is compared with; empty: its float twin
  std::vector<std::string> shapes;  ///< NAME=1,3,224,224 of inputs whose sizes the network leaves open
  std::string config;               ///< TOML file of the machine; empty: the default machine
  std::string dataset;  ///< as open_dataset() names it, or "random"; empty: digits where they fit, else random
  std::vector<std::string> inputs;  ///< [NAME=]FILE in place of a data set, as read_all_inputs() takes them
  /// Reads one input in place of read_inputs() where they are in no file; may be empty.
  std::function<std::vector<FloatTensor>(const InputForm& form)> given_images;
  bool channels_last = false;            ///< layout of `inputs`, and of a data set of arrays
  std::string labels;                    ///< file of the labels of images that have none of their own; may be empty
  Normalization normalization;           ///< of pixels; without values the network's own, else the default
  std::int64_t images = 1;               ///< of the data set's test part, rounded up to whole batches
  std::int64_t batch = 0;                ///< images that the network takes at once; 0: as its file says
  std::int64_t calibration_images = 64;  ///< of its training part
  sw_ref::QuantizeOptions quantize;      ///< of a float network
  sw_ref::ImportOptions read;            ///< of a network that is quantized already
  std::string needed_layer;  ///< name, output or number of a layer that a float network must have; may be empty
  /// Names of the quantization options that the user gave, as the user spells them. Of a network that is quantized
  /// already only --preset is taken, which derives multipliers anew; it is refused with the first of the others.
  std::vector<std::string> given_quantize_options;
};

/// An output of the graph, as its file declares it for one image.
struct NetworkOutput {
  Shape shape;
  ElementType type = ElementType::kFloat;
  bool channels_last = false;  ///< `shape` has the channels last, where the graph's tensor has them first
};

/// A network ready to run: quantized here if it was float, with its float graph.
struct Workload {
  QuantizedNetwork network;
  sw_ref::QuantizeReport quantization;   ///< of a network that was quantized here
  std::vector<FloatTensor> calibration;  ///< what it was calibrated on
  std::vector<NetworkOutput> outputs;    ///< in the order of network.outputs
  std::optional<Graph> float_graph;
  bool channels_last_input = false;  ///< the network's file has its input's channels last, and so have arrays
  std::vector<bool> integer_inputs;  ///< by input: arrays hold the network's integers
  std::int64_t batch = 1;            ///< images that the network takes at once
  std::string float_source;          ///< what "float" means in reports
  std::vector<FloatTensor> images;
  std::vector<int> labels;
  model::AcceleratorConfig config;
  std::vector<std::string> remarks;  ///< what loading and quantizing did that the user should know, a line each
};

/// Network, machine and images; a float network is calibrated on the data set's training part, or on random images.
/// Throws InputError naming what is wrong.
Workload load_workload(const WorkloadRequest& request);

/// Without machine and images. Reads a network; a float one is calibrated on the given inputs, without any on the data
/// set's training part, and quantized, and is `float_graph`. Beside a quantized one that is the graph named by
/// float_network, else its float twin. Throws InputError naming what is wrong.
Workload load_network(const WorkloadRequest& request);

struct ImageSet {
  std::vector<FloatTensor> images;
  std::vector<int> labels;           ///< one each, or none
  std::vector<std::string> remarks;  ///< what the user should know, a line each
};

/// Images of the request for a network that load_network() made: the given inputs, else the data set's test part.
/// Throws InputError.
ImageSet read_images(const WorkloadRequest& request, const Workload& workload);

/// The configuration file, or the defaults when the path is empty. Throws InputError.
model::AcceleratorConfig load_config(const std::string& path);

/// The float or quantized graph of an ONNX or TensorFlow Lite file, or of a built-in network:
/// trained where it ships, else with random weights, which is added to `remarks` unless that is null. `shapes` as in
/// WorkloadRequest. Throws InputError.
Graph load_graph(const std::string& network, std::vector<std::string>* remarks,
                 const std::vector<std::string>& shapes = {});

/// How the images of a data set become network inputs.
struct ImageOptions {
  Normalization normalization;
  bool given = false;          ///< by the user, so that data without pixels are refused
  bool channels_last = false;  ///< of arrays
};

/// Images of a kind that has no end (digits, random) where all are asked for.
inline constexpr std::int64_t kDrawnImages = 1000;

/// First `count` images of a split, or kAllImages, as network inputs; `labels` may be null, and stays empty for images
/// without. Throws InputError.
std::vector<FloatTensor> load_images(const std::string& dataset, const std::string& split, std::int64_t count,
                                     const Shape& input_shape, std::vector<int>* labels,
                                     const ImageOptions& options = {});

}  // namespace systoliq::tb
