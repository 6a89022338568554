// SPDX-License-Identifier: Apache-2.0
// The flag of each thread. It is looked up here only: a SystemC thread may be resumed by another thread of the system
// than the one that suspended it, so no caller may hold on to the address.
#include "types/util/cancellation.h"

namespace systoliq {
namespace {

thread_local const std::atomic<bool>* flag_of_thread = nullptr;

}  // namespace

CancellationScope::CancellationScope(const std::atomic<bool>& flag) : outer_(flag_of_thread) { flag_of_thread = &flag; }

CancellationScope::~CancellationScope() { flag_of_thread = outer_; }

void throw_if_canceled() {
  if (flag_of_thread != nullptr && flag_of_thread->load(std::memory_order_relaxed)) throw Canceled();
}

}  // namespace systoliq
