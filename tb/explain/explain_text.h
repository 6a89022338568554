// SPDX-License-Identifier: Apache-2.0
// An explanation for people and for programs.
#pragma once

#include <string>

#include "tb/explain/explanation.h"

namespace systoliq::tb {

/// Tables of all products (`brief`: of the passes alone) and steps, reference, model and RTL side by side, then the
/// commands with their cycles, and whether all agree.
std::string to_text(const Explanation& explanation, bool brief);

/// One JSON object with everything, `schema_version` 1; docs/debugging.md names its keys.
std::string to_json(const Explanation& explanation);

}  // namespace systoliq::tb
