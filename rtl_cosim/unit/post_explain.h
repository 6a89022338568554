// SPDX-License-Identifier: Apache-2.0
// What one lane that a POST command wrote was made of.
#pragma once

#include <cstdint>
#include <string>

#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::rtl {

/// "pixel (y, x), channel c: accumulator …" and so on, from the operands in `state`; where the command does not write
/// that lane, so much.
std::string explain_post(const model::Post& post, std::int64_t word, int lane, model::Storage& state);

}  // namespace systoliq::rtl
