// SPDX-License-Identifier: Apache-2.0
// Says where in the network a differing value lies and shows the inputs that led to it.
#pragma once

#include <string>

#include "model/compiler/program.h"
#include "model/hw/machine_state.h"

namespace systoliq::rtl {

/// A lane of a buffer word, or a byte of memory, that a command wrote.
struct Difference {
  std::int64_t address = 0;
  int lane = 0;
  std::int64_t expected = 0, found = 0;
};

/// Lines of text: the tile, channel and pixel of the value, then what it was made of, as the RTL's buffers (`state`)
/// hold it: the window of activations, the weights, the accumulator before requantisation, the parameters.
std::string explain(const model::Program& program, std::size_t command, const Difference& difference,
                    model::MachineState& state);

}  // namespace systoliq::rtl
