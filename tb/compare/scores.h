// SPDX-License-Identifier: Apache-2.0
// The values by which a classifier decides.
#pragma once

#include "sw_ref/quantizer/integer/network_values.h"
#include "types/quantized_network.h"

namespace systoliq::tb {

/// The network's first output; behind a Softmax or LogSoftmax of the host, which keep the order, what goes into it.
FloatTensor scores_of(const QuantizedNetwork& network, const sw_ref::NetworkValues& values);

/// How many there are.
std::int64_t score_count(const QuantizedNetwork& network);

}  // namespace systoliq::tb
