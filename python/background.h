// SPDX-License-Identifier: Apache-2.0
// Long work on a thread of its own, so that Python stays alive meanwhile: other threads of it run, Ctrl-C is heard, and
// progress is told.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <optional>
#include <utility>

#include "tb/compare/bench.h"

namespace systoliq::python {

/// Calls `work` on another thread, without Python's lock, and waits for it. Here, meanwhile, signals are handled and
/// `callback`, unless it is None, is called as callback(done, total) for each call that `work` makes of what it is
/// given, in their order. An exception of a signal handler (KeyboardInterrupt) or of the callback cancels the work,
/// which ends at its next throw_if_canceled(), and is thrown once it has ended. `work` must not touch Python. Throws
/// what it throws.
void run_in_background(const std::function<void(const tb::Progress& progress)>& work, const nanobind::object& callback);

/// The same for work that gives a value and tells no progress.
template <typename Work>
auto in_background(const Work& work) {
  std::optional<decltype(work())> result;
  run_in_background([&](const tb::Progress&) { result.emplace(work()); }, nanobind::none());
  return *std::move(result);
}

}  // namespace systoliq::python
