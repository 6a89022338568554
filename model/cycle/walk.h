// SPDX-License-Identifier: Apache-2.0
// The passes and groups of pixels of one EXECUTE, in their order.
#pragma once

#include "model/config/accelerator_config.h"
#include "model/isa/command.h"

namespace systoliq::model::cycle {

/// One tap and block of channels, and, output stationary, one group of pixels: groups run slowest, blocks fastest.
struct Pass {
  int group = 0, ky = 0, kx = 0, block = 0;
};

class Walk final {
 public:
  Walk() = default;
  Walk(const Execute& execute, const ArrayConfig& array)
      : execute_(execute),
        rows_(array.rows),
        pixels_(execute.output_height * execute.output_width),
        output_stationary_(array.dataflow == Dataflow::kOutputStationary),
        groups_(output_stationary_ ? (pixels_ + rows_ - 1) / rows_ : 1) {}

  const Execute& execute() const { return execute_; }
  bool output_stationary() const { return output_stationary_; }
  /// Moves on to the pass after it; false if there is none.
  bool next(Pass* pass) const;
  static bool first_of_group(const Pass& pass) { return pass.ky == 0 && pass.kx == 0 && pass.block == 0; }
  bool last_of_group(const Pass& pass) const;
  /// Lanes that the pass uses.
  int lanes(const Pass& pass) const {
    return pass.block + 1 == execute_.input_blocks ? execute_.last_block_lanes : rows_;
  }
  int pixels() const { return pixels_; }
  /// Pixels of a group (output stationary), and the first of them.
  int pixels_of(int group) const { return group + 1 < groups_ ? rows_ : pixels_ - group * rows_; }
  int first_pixel(int group) const { return group * rows_; }

 private:
  Execute execute_;
  int rows_ = 1, pixels_ = 1;
  bool output_stationary_ = false;
  int groups_ = 1;
};

}  // namespace systoliq::model::cycle
