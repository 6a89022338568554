// SPDX-License-Identifier: Apache-2.0
// `systoliq train`: options and callback.
#pragma once

#include "tb/cli/common/command_line.h"

namespace systoliq::cli {

/// Adds the options; the callback trains, shows progress on standard error, writes the ONNX file and the report, and
/// prints a summary.
void add_train_options(Command command);

}  // namespace systoliq::cli
