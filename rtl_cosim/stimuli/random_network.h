// SPDX-License-Identifier: Apache-2.0
// One to six random layers for a machine.
#pragma once

#include "model/config/accelerator_config.h"
#include "rtl_cosim/stimuli/random_draw.h"
#include "types/quantized_network.h"

namespace systoliq::stimuli {

/// A network of the machine's widths with one input and one output. With a shift-only preset every scale is a power of
/// two. Zero points are near 0 where accumulators have 20 bits or fewer.
QuantizedNetwork random_network(RandomDraw* random, const model::AcceleratorConfig& config, Preset preset);

}  // namespace systoliq::stimuli
