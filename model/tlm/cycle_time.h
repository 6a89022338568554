// SPDX-License-Identifier: Apache-2.0
// The length of a cycle in SystemC's time.
#pragma once

#include <systemc>

#include "model/config/accelerator_config.h"

namespace systoliq::model {

/// A period of clock.mhz, rounded to SystemC's time resolution. Throws InputError where that leaves less than two
/// steps: the model needs the middle of a cycle.
sc_core::sc_time cycle_time(const AcceleratorConfig& config);

}  // namespace systoliq::model
