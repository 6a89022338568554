// SPDX-License-Identifier: Apache-2.0
// Mixed precision of a training step: while the guard lives, libtorch multiplies in bfloat16. Internal to training.
#pragma once

#include <ATen/autocast_mode.h>

#include "sw_ref/training/recipe.h"

namespace systoliq::sw_ref {

class PrecisionGuard final {
 public:
  explicit PrecisionGuard(Precision precision) : active_(precision == Precision::kBfloat16) {
    if (!active_) return;
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(true);
  }
  ~PrecisionGuard() {
    if (!active_) return;
    at::autocast::clear_cache();  // the parameters' bfloat16 copies are those of this step
    at::autocast::set_cpu_enabled(false);
  }
  PrecisionGuard(const PrecisionGuard&) = delete;
  PrecisionGuard& operator=(const PrecisionGuard&) = delete;

 private:
  bool active_;
};

}  // namespace systoliq::sw_ref
