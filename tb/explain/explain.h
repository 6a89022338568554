// SPDX-License-Identifier: Apache-2.0
// One output of a layer explained: runs the machine once with an observer, and the reference, and walks to the output
// on both sides.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tb/compare/compiled_network.h"
#include "tb/explain/explanation.h"
#include "tb/explain/output_place.h"

namespace systoliq::tb {

/// Runs a program on a machine, shows it to the observer, and returns when it has ended.
using ObservedRun = std::function<void(const model::Program& program, const std::vector<std::uint8_t>& memory,
                                       model::CommandObserver& observer)>;

/// The model at level functional or cycle. Throws InputError for another level, which shows no buffers.
ObservedRun model_run(const CompiledNetwork& compiled, model::Level level);

/// `inputs`: stored integers of the network's inputs. `machine`: whose buffers the model's side is walked from; `rtl`:
/// the RTL beside it, or null. `network` must outlive the result.
Explanation explain_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                           const StoredInputs& inputs, const ObservedRun& machine, const ObservedRun* rtl = nullptr);
/// Of a network of one input.
Explanation explain_output(const QuantizedNetwork& network, const CompiledNetwork& compiled, const OutputPlace& place,
                           const IntTensor& input, const ObservedRun& machine, const ObservedRun* rtl = nullptr);

}  // namespace systoliq::tb
