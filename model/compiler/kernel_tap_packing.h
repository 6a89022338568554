// SPDX-License-Identifier: Apache-2.0
// Chooses how many kernel rows and columns of a first layer lie side by side in the lanes.
#pragma once

#include "model/compiler/lowering.h"

namespace systoliq::model {

/// The packing that takes the fewest cycles by estimate: the array needs ceil(kh / G) * ceil(kw / T) passes, LOAD
/// writes the packed tile once for each of the G rows. Not active where plain channel blocks need no more passes.
PackedGeometry choose_packing(const Convolution& convolution, int input_channels, const Shape& output,
                              const AcceleratorConfig& config);

}  // namespace systoliq::model
