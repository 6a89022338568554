// SPDX-License-Identifier: Apache-2.0
// Options of quantization on the command line, shared by all commands that take a float network.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sw_ref/quantizer/quantizer.h"

namespace systoliq::cli {

/// Command-line spelling of QuantizeOptions.
struct QuantizeArguments {
  std::string preset = "tflite_ref", weight_range = "minmax", activation_range = "minmax";
  bool per_tensor = false;
  std::int64_t calibration_images = 64;
  sw_ref::QuantizeOptions options;
  const CLI::App* command = nullptr;  ///< knows which options were given
};
void add_quantize_options(CLI::App& command, QuantizeArguments& arguments);
sw_ref::QuantizeOptions resolve(const QuantizeArguments& arguments);

/// Throws InputError where one of these options was given, since `network` is quantized already.
void refuse_quantize_options(const QuantizeArguments& arguments, const std::string& network);

}  // namespace systoliq::cli
