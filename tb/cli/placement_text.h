// SPDX-License-Identifier: Apache-2.0
// What `systoliq info` says of a network: what runs on the machine, what on the host, what vanished, what is refused.
#pragma once

#include <string>

#include "sw_ref/quantizer/fusion/fused_network.h"
#include "types/quantized_network.h"

namespace systoliq::cli {

/// A line a layer with what it computes, a line a node of the host, in the order of execution, and totals.
std::string placement_text(const QuantizedNetwork& network);

/// The same of a network with obstacles, which has no integers yet.
std::string placement_text(const sw_ref::FusedNetwork& network);

}  // namespace systoliq::cli
