// SPDX-License-Identifier: Apache-2.0
// What the accelerator's memory port and its memory tell one another about a burst beyond TLM's generic payload. A
// memory that does not know this extension leaves `timed` false; then the delay of b_transport is the burst's time.
#pragma once

#include <cstdint>
#include <tlm>

#include "model/timing/memory_timing.h"

namespace systoliq::model {

struct BurstExtension final : tlm::tlm_extension<BurstExtension> {
  std::int64_t accept = 0;   ///< cycle in which the address is accepted
  bool carries_data = true;  ///< false: only time is asked for
  bool timed = false;        ///< set by the memory
  DataChannel::Beats beats;  ///< set by the memory

  tlm::tlm_extension_base* clone() const override { return new BurstExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const BurstExtension&>(other); }
};

}  // namespace systoliq::model
