// SPDX-License-Identifier: Apache-2.0
// Commands that the RTL, and level `cycle` as its model, do not execute.
#pragma once

#include <string>

#include "model/isa/program.h"

namespace systoliq::model {

/// Throws InputError naming the layer, `what` (as "level cycle") and what runs it, for a program with such a command: a
/// residual add in float.
void require_rtl(const Program& program, const std::string& what);

}  // namespace systoliq::model
