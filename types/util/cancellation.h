// SPDX-License-Identifier: Apache-2.0
// How a caller stops long work that runs on another thread: the work asks now and then whether it shall go on.
#pragma once

#include <atomic>
#include <exception>

namespace systoliq {

/// Thrown where work ends because its caller wants no more of it; no fault, so neither of the errors of types/error.h.
class Canceled final : public std::exception {
 public:
  const char* what() const noexcept override { return "canceled by the caller"; }
};

/// While it lives, work on this thread is canceled once `flag` is true. Scopes nest: the innermost counts.
class CancellationScope final {
 public:
  /// `flag` must outlive the scope; any thread may set it.
  explicit CancellationScope(const std::atomic<bool>& flag);
  ~CancellationScope();
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  const std::atomic<bool>* outer_;
};

/// Throws Canceled where the thread's scope says so. Libraries call it between layers, images and commands; it costs
/// next to nothing.
void throw_if_canceled();

}  // namespace systoliq
