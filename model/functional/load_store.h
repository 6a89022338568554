// SPDX-License-Identifier: Apache-2.0
// What LOAD and STORE do to the storage, without time.
#pragma once

#include "model/functional/staged.h"
#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::model {

/// Writes a LOAD's words when it completes; `bytes`: the data of load_bursts(), one after the other.
void apply_load(Storage& state, const Load& load, const std::uint8_t* bytes);
/// Staged bytes: the data of store_bursts(), one after the other.
void compute_store(Storage& state, const Store& store, Staged* staged);

}  // namespace systoliq::model
