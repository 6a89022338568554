// SPDX-License-Identifier: Apache-2.0
// The integer reference: executes a QuantizedNetwork with plain loops. Shares types with the model, but no arithmetic.
#pragma once

#include <map>
#include <vector>

#include "types/accumulation.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Result of one image: stored integers of every tensor, indexed as QuantizedNetwork::tensors; and accumulators that
/// saturated or wrapped, per layer.
struct ReferenceResult {
  std::vector<IntTensor> tensors;
  std::vector<std::int64_t> overflows;
};

/// Executes all layers. `inputs`: tensor index -> stored integers [1, c, h, w]. `packing`: per layer, the tap
/// packing of types/accumulation.h (empty: none); it matters only when an accumulator can overflow. `forced`: tensors
/// whose given value replaces the computed one as input of later layers (for isolated per-layer errors).
ReferenceResult run_reference(const QuantizedNetwork& network, const std::map<int, IntTensor>& inputs,
                              const AccumulationOrder& order, const std::vector<KernelTapPacking>& packing = {},
                              const std::map<int, IntTensor>& forced = {});

/// Runs one layer only, on the given stored inputs in the order of layer.inputs.
IntTensor run_layer(const QuantizedNetwork& network, std::size_t layer, const std::vector<const IntTensor*>& inputs,
                    const AccumulationOrder& order, KernelTapPacking packing, std::int64_t* overflows);

}  // namespace systoliq::sw_ref
