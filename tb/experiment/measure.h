// SPDX-License-Identifier: Apache-2.0
// What is measured of one variant: accuracy, agreement of the three truths, errors, sizes and the machine's figures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/config/accelerator_config.h"
#include "sw_ref/quantizer/integer/layer_errors.h"
#include "tb/experiment/experiment_recipe.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// Bytes of a network's parameters.
struct ModelSize {
  std::int64_t float_bytes = 0;     ///< four for every constant of the float graph
  std::int64_t weight_bytes = 0;    ///< stored integers, packed at their width
  std::int64_t codebook_bytes = 0;  ///< tables, a byte an entry
  std::int64_t other_bytes = 0;     ///< scales (four bytes), biases (four), zero points (one)
  std::int64_t image_bytes = 0;     ///< the machine's memory image: parameters, commands, activations
  std::int64_t stored_bytes() const { return weight_bytes + codebook_bytes + other_bytes; }
};

struct LayerError {
  std::string layer;
  double mse = 0.0, sqnr_db = 0.0;  ///< against float, errors of the layers before included
};

struct Measurement {
  std::int64_t accuracy_images = 0, float_correct = 0, quantized_correct = 0;  ///< level functional
  std::int64_t reference_images = 0, predictions_differ = 0;  ///< functional against the integer reference
  std::int64_t transaction_images = 0, mismatches = 0;        ///< integers of all layers against the reference
  std::int64_t cycles = 0, macs = 0, memory_bytes = 0;        ///< of one image at level transaction
  std::vector<LayerError> errors;                             ///< over the images of level transaction
  ModelSize size;
  std::vector<sw_ref::TensorError> distributions;  ///< every layer's output, then weights; empty unless asked for
};

struct TestImages {
  std::vector<FloatTensor> images;
  std::vector<int> labels;
};

/// Told what is being done and how far it is, from 0 to 1.
using ExperimentProgress = std::function<void(const std::string& what, double done)>;

ModelSize model_size(const Graph& float_graph, const QuantizedNetwork& network);

/// A machine for the network: `base` with its widths and codec, and no multiplier where `shifts_only`.
model::AcceleratorConfig machine_for(model::AcceleratorConfig base, const QuantizedNetwork& network, bool shifts_only);

/// Accuracy of a float network alone.
Measurement measure_float(const Graph& float_graph, const TestImages& test, const Extent& extent,
                          const ExperimentProgress& progress);

/// Runs everything that `extent` asks for. Throws InputError for fewer images than that, and whatever compiling throws.
Measurement measure(const QuantizedNetwork& network, const Graph& float_graph, const TestImages& test,
                    const model::AcceleratorConfig& config, const Extent& extent, bool distributions,
                    const ExperimentProgress& progress);

}  // namespace systoliq::tb
