// SPDX-License-Identifier: Apache-2.0
// Random networks that end in layers which move elements, or whose convolutions and pools have gaps.
#pragma once

#include <cstdint>

#include "rtl_cosim/stimuli/random_case.h"

namespace systoliq::stimuli {

/// random_case(seed) with one to four layers behind its network: moves of elements (parts, repetitions, reflections,
/// other orders), transposed convolutions, dilated pools, concatenations of rows or columns.
RandomCase random_moving_case(std::uint64_t seed);

}  // namespace systoliq::stimuli
