// SPDX-License-Identifier: Apache-2.0
// The walk over passes and pixels.
#include "model/cycle/feeder.h"

namespace systoliq::model::cycle {

void Feeder::declare(TraceSink& trace) const {
  trace.enter("u_feeder");
  trace.add("issue_o", &issue_o);
  trace.add("activation_read_o", &activation_read_o);
  trace.add("activation_read_address_o", &activation_read_address_o);
  trace.add("iy", &iy_q);
  trace.add("ix", &ix_q);
  trace.add("pass_ky", &pass_.ky);
  trace.add("pass_kx", &pass_.kx);
  trace.add("pass_block", &pass_.block);
  trace.leave();
}

bool Walk::last_of_group(const Pass& pass) const {
  return pass.ky + 1 == execute_.kernel_height && pass.kx + 1 == execute_.kernel_width &&
         pass.block + 1 == execute_.input_blocks;
}

bool Walk::next(Pass* pass) const {
  if (last_of_group(*pass)) {
    *pass = {pass->group + 1, 0, 0, 0};
    return pass->group < groups_;
  }
  if (++pass->block < execute_.input_blocks) return true;
  pass->block = 0;
  if (++pass->kx < execute_.kernel_width) return true;
  pass->kx = 0;
  ++pass->ky;
  return true;
}

void Feeder::begin(const Pass& pass) {
  pass_ = pass;
  const int first = walk_.output_stationary() ? walk_.first_pixel(pass.group) : 0;
  oy_ = first / walk_.execute().output_width;
  ox_ = first % walk_.execute().output_width;
}

const std::int16_t* Feeder::read() {
  const Execute& e = walk_.execute();
  const int iy = oy_ * e.stride_height + pass_.ky * e.dilation_height - e.pad_top;
  const int ix = ox_ * e.stride_width + pass_.kx * e.dilation_width - e.pad_left;
  if (++ox_ == e.output_width) {
    ox_ = 0;
    ++oy_;
  }
  issue_o = true;
  iy_q = iy;
  ix_q = ix;
  if (iy < 0 || iy >= e.input_height || ix < 0 || ix >= e.input_width) return nullptr;
  const std::int64_t address = e.input_address + std::int64_t{iy} * e.input_row_pitch +
                               std::int64_t{ix} * e.input_pixel_pitch + std::int64_t{pass_.block} * e.input_block_pitch;
  activation_read_o = true;
  activation_read_address_o = static_cast<std::int32_t>(address);
  return machine_.state.activations.words(address);
}

}  // namespace systoliq::model::cycle
