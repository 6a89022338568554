// SPDX-License-Identifier: Apache-2.0
// A move as copies that the array can make: consecutive channels of a lattice of pixels, from a lattice of the input.
#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler/lattice.h"
#include "types/quantized_network.h"

namespace systoliq::model {

/// Output channel first_channel + k of the lattice's pixel (i, j) is channel source_channels[k] of the input's pixel
/// (source.y + i * source.step_y, source.x + j * source.step_x).
struct MoveRegion {
  Lattice output, source;
  int first_channel = 0;
  std::vector<int> source_channels;
};

/// The copies that together make every output element once; nothing beyond `most` of them.
std::vector<MoveRegion> move_regions(const Move& move, const Shape& input, std::size_t most);

}  // namespace systoliq::model
