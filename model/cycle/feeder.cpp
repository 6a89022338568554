// SPDX-License-Identifier: Apache-2.0
// The walk over passes and pixels.
#include "model/cycle/feeder.h"

namespace systoliq::model::cycle {

void Feeder::start(const Execute& execute) {
  e_ = execute;
  rows_ = machine_.config().array.rows;
  pixels_ = execute.output_height * execute.output_width;
  output_stationary_ = machine_.config().array.dataflow == Dataflow::kOutputStationary;
  groups_ = output_stationary_ ? (pixels_ + rows_ - 1) / rows_ : 1;
}

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

bool Feeder::last_of_group(const Pass& pass) const {
  return pass.ky + 1 == e_.kernel_height && pass.kx + 1 == e_.kernel_width && pass.block + 1 == e_.input_blocks;
}

bool Feeder::next(Pass* pass) const {
  if (last_of_group(*pass)) {
    *pass = {pass->group + 1, 0, 0, 0};
    return pass->group < groups_;
  }
  if (++pass->block < e_.input_blocks) return true;
  pass->block = 0;
  if (++pass->kx < e_.kernel_width) return true;
  pass->kx = 0;
  ++pass->ky;
  return true;
}

void Feeder::begin(const Pass& pass) {
  pass_ = pass;
  oy_ = output_stationary_ ? pass.group * rows_ / e_.output_width : 0;
  ox_ = output_stationary_ ? pass.group * rows_ % e_.output_width : 0;
}

const std::int16_t* Feeder::read() {
  const int iy = oy_ * e_.stride_height + pass_.ky * e_.dilation_height - e_.pad_top;
  const int ix = ox_ * e_.stride_width + pass_.kx * e_.dilation_width - e_.pad_left;
  if (++ox_ == e_.output_width) {
    ox_ = 0;
    ++oy_;
  }
  issue_o = true;
  iy_q = iy;
  ix_q = ix;
  if (iy < 0 || iy >= e_.input_height || ix < 0 || ix >= e_.input_width) return nullptr;
  const std::int64_t address = e_.input_address + std::int64_t{iy} * e_.input_row_pitch +
                               std::int64_t{ix} * e_.input_pixel_pitch +
                               std::int64_t{pass_.block} * e_.input_block_pitch;
  activation_read_o = true;
  activation_read_address_o = static_cast<std::int32_t>(address);
  return machine_.state.activations.words(address);
}

}  // namespace systoliq::model::cycle
