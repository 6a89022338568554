// SPDX-License-Identifier: Apache-2.0
// Products of two activations, as each software stack rounds them (docs/numerics.md).
#pragma once

#include <cstdint>

#include "sw_ref/reference/requantization.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

struct Product {
  Requantization requantization;
  std::int32_t zero_point = 0;      ///< of the output, stored domain
  std::int32_t storage_offset = 0;  ///< of the output: ONNX Runtime adds zero_point + storage_offset in fp32
};

/// The factor Sa * Sb / Sy, derived as a convolution's. Throws InputError as derive_requantization().
Product derive_product(Preset preset, float scale_a, float scale_b, const QuantizedTensor& out,
                       int multiplier_bits = 32);

/// Stored output, before the clamp, of the product of two centered values.
std::int64_t apply_product(const Product& product, std::int64_t centered);

}  // namespace systoliq::sw_ref
