// SPDX-License-Identifier: Apache-2.0
// Options of quantization on the command line, shared by all commands that take a float network.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/quantizer/options.h"
#include "tb/cli/common/command_line.h"

namespace systoliq::cli {

/// Command-line spelling of QuantizeOptions.
struct QuantizeArguments {
  std::string preset = "tflite_ref", weight_range = "auto", activation_range = "auto";
  bool per_tensor = false;
  std::int64_t calibration_images = 64;
  sw_ref::QuantizeOptions options;
  Command command;  ///< knows which options were given
};
void add_quantize_options(Command command, QuantizeArguments& arguments);
sw_ref::QuantizeOptions resolve(const QuantizeArguments& arguments);

/// Throws InputError for an option that was given beside others that take its effect away.
void check_effects(const QuantizeArguments& arguments);

/// Names of those among these options that the user gave, in the order of --help.
std::vector<std::string> given_quantize_options(const QuantizeArguments& arguments);

}  // namespace systoliq::cli
