// SPDX-License-Identifier: Apache-2.0
// Flags of threads: their scopes nest, and one thread's do not touch another's.
#include "types/util/cancellation.h"

#include <gtest/gtest.h>

#include <thread>

namespace systoliq {
namespace {

TEST(Cancellation, WithoutAScopeNothingIsCanceled) { EXPECT_NO_THROW(throw_if_canceled()); }

TEST(Cancellation, TheInnermostScopeCounts) {
  std::atomic<bool> outer{false};
  std::atomic<bool> inner{false};
  const CancellationScope around(outer);
  {
    const CancellationScope within(inner);
    outer = true;
    EXPECT_NO_THROW(throw_if_canceled());
    inner = true;
    EXPECT_THROW(throw_if_canceled(), Canceled);
  }
  EXPECT_THROW(throw_if_canceled(), Canceled);
  outer = false;
  EXPECT_NO_THROW(throw_if_canceled());
}

TEST(Cancellation, AFlagIsThatOfItsThread) {
  const std::atomic<bool> set{true};
  bool other_canceled = true;
  {
    const CancellationScope scope(set);
    std::thread([&] {
      other_canceled = false;
      try {
        throw_if_canceled();
      } catch (const Canceled&) {
        other_canceled = true;
      }
    }).join();
    EXPECT_THROW(throw_if_canceled(), Canceled);
  }
  EXPECT_FALSE(other_canceled);
  EXPECT_NO_THROW(throw_if_canceled());
}

}  // namespace
}  // namespace systoliq
