// SPDX-License-Identifier: Apache-2.0
// The table of operators that the host computes in float where no layer of the machine does (docs/import.md).
#pragma once

#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

enum class HostUse {
  kNever,
  kFloatProduct,  ///< only where a quantized network leaves the result in float, behind the last layer of the machine
  kBehindHost,    ///< only goes on with a value of the host; in a quantized network also in a tail of floats
  kTail,          ///< also begins a tail, behind which no layer of the machine follows
  kAnywhere       ///< also between layers
};

HostUse host_use(const Node& node);

/// True for operators that go on with values of the host and can be part of a tail.
bool follows_host(const Node& node);

/// "ArgMax, ArgMin, …": the operators of HostUse::kAnywhere.
std::string host_operator_names();

/// The obstacles, where what several of them say is accepted is said with the last of these only.
std::vector<std::string> without_repetition(const std::vector<std::string>& obstacles);

/// Throws InputError with the obstacles, where there are any: the text of a single one, else a list.
void refuse_obstacles(const std::string& network, const std::vector<std::string>& obstacles);

}  // namespace systoliq::sw_ref
