// SPDX-License-Identifier: Apache-2.0
// From clock.mhz to SystemC's time.
#include "model/tlm/cycle_time.h"

#include <string>

namespace systoliq::model {

sc_core::sc_time cycle_time(const AcceleratorConfig& config) {
  const sc_core::sc_time cycle(static_cast<double>(config.clock_period_ps()), sc_core::SC_PS);
  if (cycle.value() < 2) {
    throw InputError("clock.mhz = " + std::to_string(config.clock_mhz) + ": SystemC's time resolution is " +
                     sc_core::sc_get_time_resolution().to_string() +
                     "; accepted: a cycle of at least two steps, hence a lower clock.mhz or a finer resolution");
  }
  return cycle;
}

}  // namespace systoliq::model
