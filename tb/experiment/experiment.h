// SPDX-License-Identifier: Apache-2.0
// Runs an experiment: its float network, then every variant; results are kept in a folder and reused.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tb/experiment/measure.h"

namespace systoliq::tb {

/// What the command line knows how to do and an experiment asks for.
struct ExperimentServices {
  /// Trains by the recipe from `start` (an ONNX file, or empty: from scratch) and writes `output`.
  std::function<void(const std::string& recipe, const std::string& start, const std::string& output)> train;
  /// Reads a float network.
  std::function<Graph(const std::string& network)> load;
  /// Quantizes with options as typed on a command line.
  std::function<QuantizedNetwork(const Graph& graph, const std::string& options)> quantize;
  /// The test images as inputs of that shape.
  std::function<TestImages(const Shape& input)> images;
  /// Path of a file that a recipe names.
  std::function<std::string(const std::string& name)> locate;
  ExperimentProgress progress;
};

struct VariantResult {
  Variant variant;
  Measurement measured;
  bool reused = false;  ///< read from the folder, where an earlier run left it
};

/// Measures every variant and writes FOLDER/<id>.json for each as soon as it is done; one that is there already, of the
/// same variant, network, data and extent, is not measured anew. Trained networks are FOLDER/float.onnx and
/// FOLDER/<id>.onnx, and are likewise kept.
std::vector<VariantResult> run_experiment(const ExperimentRecipe& recipe, const model::AcceleratorConfig& base,
                                          const std::string& folder, const ExperimentServices& services);

}  // namespace systoliq::tb
