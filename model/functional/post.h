// SPDX-License-Identifier: Apache-2.0
// What POST does to the storage, without time.
#pragma once

#include "model/accounting/counters.h"
#include "model/functional/staged.h"
#include "model/functional/storage.h"
#include "model/isa/command.h"

namespace systoliq::model {

void compute_post(Storage& state, const Post& post, Staged* staged, LayerCounters* counters);
void commit_post(Storage& state, const Staged& staged);

}  // namespace systoliq::model
