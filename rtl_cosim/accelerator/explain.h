// SPDX-License-Identifier: Apache-2.0
// Says where in the network a differing value lies and shows the inputs that led to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/functional/storage.h"
#include "model/isa/program.h"

namespace systoliq::rtl {

/// A lane of a buffer word, or a byte of memory, that a command wrote.
struct Difference {
  std::int64_t address = 0;
  int lane = 0;
  std::int64_t expected = 0, found = 0;
};

/// What a value was made of, all of one kind: the activations of a window, the weights of a column.
struct InputList {
  std::string name;
  std::vector<std::int64_t> values;
};

struct Explanation {
  std::string place;  ///< of the value: channel, tile and pixel, or the word and lane
  std::int64_t channel = -1, pixel_y = -1, pixel_x = -1;  ///< in the layer's output; -1: in none that is known
  std::vector<InputList> inputs;                          ///< whole

  /// The place, then a line per list, which is cut after 64 values and says how many are left out.
  std::string text() const;
};

/// The tile, channel and pixel of the value, of accumulators those of the POST that takes them up; then what it was
/// made of, as the RTL's buffers (`state`) hold it: the window of activations, the weights (of codebooks the indices
/// and what they stand for), the accumulator before requantization, the parameters.
Explanation explain(const model::Program& program, std::size_t command, const Difference& difference,
                    model::Storage& state);

}  // namespace systoliq::rtl
