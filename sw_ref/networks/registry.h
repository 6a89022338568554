// SPDX-License-Identifier: Apache-2.0
// The one list of built-in networks; help texts print it and tests compare documents with it.
#pragma once

#include <string>
#include <vector>

#include "sw_ref/networks/layers.h"

namespace systoliq::sw_ref {

struct BuiltInNetwork {
  std::string name;
  std::string description;   ///< one line
  std::string trained_file;  ///< in models/; empty: none ships, so its weights are random
  NetworkDescription (*describe)();
  /// [1, c, h, w]
  Shape input() const { return describe().input; }
};

/// What a command takes that is given no network.
inline constexpr const char* kDefaultNetwork = "lenet5";

const std::vector<BuiltInNetwork>& built_in_networks();

/// nullptr where no built-in network has the name.
const BuiltInNetwork* find_built_in(const std::string& name);

/// For help texts: "trained: lenet5 (default), …; with random weights: …".
std::string list_of_built_in_networks();

}  // namespace systoliq::sw_ref
