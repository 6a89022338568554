// SPDX-License-Identifier: Apache-2.0
// Between a plan and the mapping that people read and write.
#pragma once

#include <vector>

#include "model/compiler/plan.h"
#include "model/isa/mapping.h"

namespace systoliq::model {

Mapping mapping_of(const Plan& plan, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                   const AcceleratorConfig& config);

/// The plan that a mapping describes. Throws InputError naming group, value and what is accepted where the mapping is
/// not one of this network on this machine.
Plan plan_of(const Mapping& mapping, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
             const AcceleratorConfig& config);

}  // namespace systoliq::model
