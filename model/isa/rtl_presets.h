// SPDX-License-Identifier: Apache-2.0
// What a program needs of POST's presets that the RTL and level cycle do not have yet.
#pragma once

#include <string>

#include "model/isa/program.h"

namespace systoliq::model {

/// Throws InputError naming the first layer with a POST whose preset comes behind kLastRtlPreset, and where it runs.
/// `where`: "level cycle", "the RTL".
void check_rtl_presets(const Program& program, const std::string& where);

}  // namespace systoliq::model
