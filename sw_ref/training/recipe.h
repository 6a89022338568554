// SPDX-License-Identifier: Apache-2.0
// A training recipe: everything that, with the data, fixes the trained parameters; and its TOML form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sw_ref/training/quantization_settings.h"

namespace systoliq::sw_ref {

enum class Optimizer { kSgd, kAdam };
enum class Schedule { kConstant, kCosine, kStep };
/// Of a training step: bfloat16 multiplies convolutions and fully connected layers in that format and keeps parameters,
/// sums over the batch, loss and update in float32. Accuracy is always measured in float32.
enum class Precision { kFloat32, kBfloat16 };

struct Augmentation {
  double shift_pixels = 0.0;    ///< largest shift in each direction, 0..16
  double rotate_degrees = 0.0;  ///< largest rotation either way, 0..45
  double scale_fraction = 0.0;  ///< size between 1 - and 1 + this, 0..0.5
  bool mirror = false;          ///< left and right exchanged in half of the images
};

struct Recipe {
  std::string network;
  std::uint64_t seed = 1;
  int epochs = 10;  ///< 1..10000
  int batch = 64;   ///< images per step, 1..65536; what is left of an epoch after whole batches is not used in it
  Optimizer optimizer = Optimizer::kAdam;
  double learning_rate = 1e-3;
  double momentum = 0.9;      ///< SGD only
  double weight_decay = 0.0;  ///< convolution and fully connected weights; added to SGD's gradient, apart from Adam's
  Schedule schedule = Schedule::kCosine;
  int warmup_epochs = 0;     ///< the rate rises from 0 over so many epochs, within the schedule; 0..epochs
  int step_epochs = 10;      ///< schedule step: the rate is multiplied by step_factor after so many epochs
  double step_factor = 0.1;  ///< 0 < step_factor <= 1
  Precision precision = Precision::kFloat32;
  std::int64_t images_per_epoch = 0;  ///< of the shuffled set, so many are used in an epoch; 0: all
  Augmentation augmentation;
  int digits_train = 20000, digits_test = 2000;      ///< size of the built-in data set, where it is used
  int threads = 2;                                   ///< 1..64; results are repeatable for the same number
  std::optional<QuantizationSettings> quantization;  ///< none: float training
  std::string checkpoint;                            ///< file that training resumes from; empty: none
};

/// Reads a recipe: keys `network` (needed), `seed`, `checkpoint`, and tables [training], [augmentation], [data] with
/// the names above, and [quantization] (quantization.h). Throws InputError naming file, line, key, value and what is
/// accepted; an unknown key is an error with the nearest known one.
Recipe read_recipe(const std::string& path);
Recipe parse_recipe(const std::string& toml_text, const std::string& origin);

/// Throws InputError for an unknown network or a value out of range.
void validate(const Recipe& recipe);

/// One line "key=value …" with all that changes the result (not threads and not checkpoint).
std::string to_text(const Recipe& recipe);

}  // namespace systoliq::sw_ref
