// SPDX-License-Identifier: Apache-2.0
// Random POST commands that a machine accepts, with buffers filled to match.
#pragma once

#include "model/functional/storage.h"
#include "model/isa/command.h"
#include "rtl_cosim/unit/requantize_vectors.h"

namespace systoliq::rtl {

/// True where the machine can run the operation under the preset.
bool can_run(const model::AcceleratorConfig& config, model::PostOp op, Preset preset);

class RandomPost final {
 public:
  RandomPost(const model::AcceleratorConfig& config, std::uint64_t seed) : config_(config), random_(seed) {}

  /// A command of that operation and preset; writes new params (requantize, look-up) into `state`.
  model::Post next(model::PostOp op, Preset preset, model::Storage& state);
  /// Maximum or average of one window of about so many taps, all of the same word. Window `number` 0 is a column, 1 a
  /// row.
  model::Post large_window(model::PostOp op, Preset preset, int taps, std::int64_t number);
  /// New contents of the activation and accumulator buffers.
  void fill_buffers(model::Storage& state);

 private:
  int between(int low, int high) { return static_cast<int>(random_.between(low, high)); }
  int activation() {
    return between(-(1 << (config_.datatypes.activation_bits - 1)), (1 << (config_.datatypes.activation_bits - 1)) - 1);
  }
  void requantize(Preset preset, model::Storage& state, model::Post* post);
  void pool(bool average, model::Post* post);
  void average_scale(model::Post* post);
  void add(Preset preset, model::Post* post);
  void add_thin(Preset preset, model::Post* post);
  void add_thin_ratios(model::Post* post);
  std::int32_t thin_multiplier(int k);
  void exact_scale(model::Post* post);
  void look_up(model::Storage& state, model::Post* post);
  void place(model::Post* post);
  void fill_half(model::Post* post);
  void reach_far(model::PostOp op, model::Post* post);

  model::AcceleratorConfig config_;
  Random random_;
  int center_ = 0;  ///< what the activations of a filling of nearly equal ones lie around
};

}  // namespace systoliq::rtl
