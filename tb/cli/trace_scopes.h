// SPDX-License-Identifier: Apache-2.0
// Whether the blocks that --trace-scope names exist, before there is a program to run.
#pragma once

#include <vector>

#include "model/config/accelerator_config.h"
#include "traces/cycle_trace.h"

namespace systoliq::cli {

/// Throws InputError for a block that the machine does not have, with those that it has.
void check_trace_scopes(const std::vector<traces::TraceScope>& scopes, const model::AcceleratorConfig& config);

}  // namespace systoliq::cli
