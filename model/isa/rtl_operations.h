// SPDX-License-Identifier: Apache-2.0
// What a program needs that the RTL and level cycle do not have yet.
#pragma once

#include "model/isa/program.h"

namespace systoliq::model {

/// Throws InputError naming the first layer with a POST operation behind kLastRtlPostOp, and where it runs. `where`:
/// "level cycle", "co-simulation".
void check_rtl_operations(const Program& program, const std::string& where);

}  // namespace systoliq::model
