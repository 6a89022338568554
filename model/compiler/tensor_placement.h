// SPDX-License-Identifier: Apache-2.0
// How a tensor lies in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/plan.h"
#include "model/isa/program.h"

namespace systoliq::model {

/// A STORE begins on a byte: where the slices of channels in which a tensor is written do not, every word does.
bool words_on_bytes(int tensor, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                    const AcceleratorConfig& config, const Plan& plan);

/// Without its address.
TensorPlacement placement_of(const QuantizedNetwork& network, const AcceleratorConfig& config, int tensor,
                             bool words_on_bytes);

/// Bytes that the tensor takes there.
std::int64_t placed_bytes(const QuantizedNetwork& network, const TensorPlacement& placement);

}  // namespace systoliq::model
