// SPDX-License-Identifier: Apache-2.0
// What every decoder refuses, at whatever level it runs.
#pragma once

#include "model/isa/command.h"

namespace systoliq::model {

/// Fields without which command number `index` has no duration. Throws InternalError.
void check_command(const Command& command, int index);

}  // namespace systoliq::model
