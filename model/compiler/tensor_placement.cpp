// SPDX-License-Identifier: Apache-2.0
// Pixels of all channels side by side, or of words, each on a byte.
#include "model/compiler/tensor_placement.h"

#include <algorithm>

#include "types/util/index.h"

namespace systoliq::model {

bool words_on_bytes(int tensor, const std::vector<LoweredLayer>& lowered_layers, const QuantizedNetwork& network,
                    const AcceleratorConfig& config, const Plan& plan) {
  const QuantizedTensor& written = nth(network.tensors, tensor);
  return std::any_of(plan.groups.begin(), plan.groups.end(), [&](const Group& group) {
    return nth(lowered_layers, group.first + group.count - 1).output == tensor &&
           group.slice_blocks < blocks_of(written, config) &&
           group.slice_blocks * config.array.rows * written.bits % 8 != 0;
  });
}

TensorPlacement placement_of(const QuantizedNetwork& network, const AcceleratorConfig& config, int tensor,
                             bool words_on_bytes) {
  const QuantizedTensor& placed = nth(network.tensors, tensor);
  TensorPlacement placement;
  placement.tensor = tensor;
  placement.bits = placed.bits;
  placement.lanes = words_on_bytes ? config.array.rows : static_cast<int>(placed.shape[1]);
  placement.blocks = words_on_bytes ? blocks_of(placed, config) : 1;
  placement.word_bytes = (placement.lanes * placement.bits + 7) / 8;
  return placement;
}

std::int64_t placed_bytes(const QuantizedNetwork& network, const TensorPlacement& placement) {
  const Shape& shape = nth(network.tensors, placement.tensor).shape;
  return shape[2] * shape[3] * placement.blocks * placement.word_bytes;
}

}  // namespace systoliq::model
