// SPDX-License-Identifier: Apache-2.0
// How much each layer's weight width matters: one layer narrower at a time, and a table of widths for a target.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw_ref/quantizer/options.h"
#include "types/graph.h"

namespace systoliq::tb {

/// A network quantized with some widths, on the integer reference.
struct WidthScore {
  double loss = 0.0;  ///< mean cross-entropy of the softmax of the outputs
  double top1 = 0.0;  ///< percent
};

struct LayerSensitivity {
  std::string layer;
  std::int64_t weights = 0;
  std::map<int, WidthScore> scores;  ///< by width, this layer alone narrower
};

struct Sensitivity {
  WidthScore base;  ///< all layers at the options' widths
  std::vector<LayerSensitivity> layers;
};

struct WidthProposal {
  std::map<std::string, int> widths;     ///< of every layer with weights
  double predicted_drop = 0.0;           ///< points: the layers' drops added up
  WidthScore score;                      ///< measured
  int withdrawn = 0;                     ///< steps undone because the measured drop exceeded the target
  std::int64_t bits = 0, base_bits = 0;  ///< of all weights
};

struct SensitivityWork {
  const Graph* graph = nullptr;  ///< float
  std::vector<FloatTensor> calibration, images;
  std::vector<int> labels;  ///< of `images`
  sw_ref::QuantizeOptions options;
  std::vector<int> widths;                                ///< tried, each below the options' own
  std::function<void(const std::string& what)> progress;  ///< may be empty
};

/// Scores of `work.images` with every layer at its own width of the options, and with one layer at each of the widths.
/// Throws InputError where widths are no narrower than what a layer has, and whatever quantize() throws.
Sensitivity measure_sensitivity(const SensitivityWork& work);

/// From all layers at their own width, the step to the next narrower width that costs the fewest points a bit saved
/// (then the least loss a bit), as long as the drops of all layers add up to at most `target` points; a width's drop is
/// the greatest of its own and the wider ones', and at least 0. The result is measured, and the last steps are
/// withdrawn until the measured drop is within the target, too.
WidthProposal propose_widths(const SensitivityWork& work, const Sensitivity& sensitivity, double target);

}  // namespace systoliq::tb
