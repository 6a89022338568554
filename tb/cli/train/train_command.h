// SPDX-License-Identifier: Apache-2.0
// `systoliq train` as a function, for commands that train on their way. Built with SYSTOLIQ_TRAIN only.
#pragma once

#include <string>
#include <vector>

namespace systoliq::cli {

struct TrainArguments {
  std::string recipe, output, report, checkpoint;
  std::string start;  ///< float ONNX file to start from; empty: none
  std::vector<std::string> data = {"digits"};
  int threads = 0;  ///< 0: the recipe's
};

/// Trains, shows progress on standard error, and writes the ONNX file and the report. Returns a summary, a few lines.
/// Throws InputError.
std::string train_network(const TrainArguments& arguments);

}  // namespace systoliq::cli
