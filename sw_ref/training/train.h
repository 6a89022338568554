// SPDX-License-Identifier: Apache-2.0
// Training of the built-in networks from tensors, in float or with the quantizer's rounding in the forward pass,
// without any type of the training library.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/quantizer/calibration/ranges.h"
#include "sw_ref/training/recipe.h"
#include "types/graph.h"
#include "types/tensor.h"

namespace systoliq::sw_ref {

/// Network inputs [n, c, h, w], normalized as the caller wants them at inference, with one label each. Augmentation
/// takes -1 for the value of black.
struct LabeledImages {
  std::string name;
  FloatTensor images;
  std::vector<int> labels;
};

/// Told after every step, and once more at the end of every epoch with the accuracies.
struct Progress {
  int epoch = 0, epochs = 0;          ///< epoch counts from 1
  std::int64_t step = 0, steps = 0;   ///< within the epoch, from 1
  double loss = 0.0;                  ///< mean cross-entropy in nats over the epoch so far
  double learning_rate = 0.0;         ///< of the last step
  std::vector<double> test_accuracy;  ///< fractions, one per test set; empty within an epoch
};

/// Returns false to stop; what the last checkpoint holds is not lost.
using ProgressCallback = std::function<bool(const Progress&)>;

using NamedParameters = std::vector<std::pair<std::string, FloatTensor>>;

using NamedRanges = std::vector<std::pair<std::string, Range>>;

struct TrainResult {
  std::string network;                ///< whose parameters these are: the recipe's, or its folded form
  NamedParameters parameters;         ///< in the order of network_parameters(); those after the last epoch
  NamedRanges activation_ranges;      ///< by tensor, where the recipe quantizes activations
  std::vector<double> epoch_loss;     ///< mean cross-entropy of every epoch, resumed ones included
  std::vector<double> test_accuracy;  ///< fractions, one per test set
  int epochs_done = 0;                ///< fewer than the recipe's when the callback stopped training
  int epochs_resumed = 0;             ///< of these, taken from the checkpoint
};

/// Minimizes softmax cross-entropy. He-normal start, shuffling and augmentation depend on the seed and the epoch alone,
/// so a run resumed from recipe.checkpoint (written after every epoch, by rename) equals an uninterrupted one bit for
/// bit, for the same number of threads. Test sets are only measured: nothing is chosen by them.
/// `start`: parameters of the recipe's network, or of its folded form, in place of a He-normal start. With a
/// quantization in the recipe the forward pass and all accuracies are those of rounded values (docs/training.md).
/// Throws InputError: recipe, image shape or labels that do not fit, fewer images than a batch, a loss that is not
/// finite, a checkpoint of another recipe, start or data set. Sets the process's number of training threads.
TrainResult train(const Recipe& recipe, const LabeledImages& training, const std::vector<LabeledImages>& tests,
                  const ProgressCallback& progress = {}, const NamedParameters& start = {});

/// The parameters that a float graph, read from an ONNX file, holds for `network` or its folded form. Throws InputError
/// naming the first that is missing or has another shape, and for weights that the network does not have.
NamedParameters parameters_of(const Graph& graph, const std::string& network);

/// Logits [n, classes] of the rounded forward pass, with what train() returned for `recipe`.
FloatTensor quantized_logits(const Recipe& recipe, const TrainResult& trained, const FloatTensor& images,
                             int threads = 2);

/// Fraction of images whose largest logit is at their label. `parameters` as train() returns them.
double measure_accuracy(const std::string& network, const NamedParameters& parameters, const LabeledImages& images,
                        int threads = 2);

/// Mean cross-entropy in nats over the images.
double measure_loss(const std::string& network, const NamedParameters& parameters, const LabeledImages& images,
                    int threads = 2);

}  // namespace systoliq::sw_ref
