// SPDX-License-Identifier: Apache-2.0
// What a program needs that the RTL and level cycle do not have yet.
#pragma once

#include <string>

#include "model/isa/program.h"

namespace systoliq::model {

/// Throws InputError naming the first layer with a POST operation behind kLastRtlPostOp or a preset behind
/// kLastRtlPreset, and where it runs. `where`: "level cycle", "the RTL".
void check_rtl_operations(const Program& program, const std::string& where);

}  // namespace systoliq::model
