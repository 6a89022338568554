// SPDX-License-Identifier: Apache-2.0
// What EXECUTE does to the storage, without time.
#pragma once

#include "model/accounting/counters.h"
#include "model/functional/staged.h"
#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::model {

void compute_execute(Storage& state, const Execute& execute, Staged* staged, LayerCounters* counters);
void commit_execute(Storage& state, const Execute& execute, const Staged& staged);

}  // namespace systoliq::model
