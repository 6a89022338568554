// SPDX-License-Identifier: Apache-2.0
// `systoliq train`: options and callback.
#pragma once

#include <CLI/CLI.hpp>

namespace systoliq::cli {

/// Adds the options; the callback trains, shows progress on standard error, writes the ONNX file and the report, and
/// prints a summary.
void add_train_options(CLI::App& command);

}  // namespace systoliq::cli
