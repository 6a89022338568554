// SPDX-License-Identifier: Apache-2.0
// Groups that cost the same: of layers with equal shapes, with their tensors in the same places.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/compiler/plan_state.h"

namespace systoliq::model {

class GroupKeys final {
 public:
  GroupKeys(const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network);
  /// Equal for groups whose commands, in the same tiles, differ in addresses and values alone.
  std::string of(const OpenGroup& open) const;

 private:
  const std::vector<LoweredLayer>& lowered_layers_;
  const QuantizedNetwork& network_;
  std::vector<std::string> layers_;  ///< what of a layer decides its commands
};

}  // namespace systoliq::model
