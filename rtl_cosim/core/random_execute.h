// SPDX-License-Identifier: Apache-2.0
// Random contents of the buffers and random EXECUTE commands that stay inside them, corners included.
#pragma once

#include <cstdint>
#include <random>

#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::rtl {

class RandomExecute final {
 public:
  explicit RandomExecute(std::uint32_t seed) : random_(seed) {}

  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  /// Fills every buffer: full-range values, extremes more often than chance, accumulators that are near overflow.
  void fill(model::Storage* state);
  /// A command whose every access is inside the buffers.
  model::Command command(const model::AcceleratorConfig& config);

 private:
  void reach_far(model::Execute* execute);
  bool make_long(const model::AcceleratorConfig& config, model::Execute* execute);
  std::int64_t value(int bits);
  void fill_params(model::Storage* state);
  model::Execute shape(const model::AcceleratorConfig& config);
  /// Gives `execute` an input address with which all of its input lies in the buffer; false if there is none.
  void spread(model::Execute* e);
  bool place_input(const model::AcceleratorConfig& config, model::Execute* execute);

  std::mt19937 random_;
};

}  // namespace systoliq::rtl
