// SPDX-License-Identifier: Apache-2.0
// What a ring still holds, and what it forgets.
#include "model/compiler/ring_cache.h"

#include <gtest/gtest.h>

namespace systoliq::model {
namespace {

const RingCache::Key kA = {0, 0, 0}, kB = {0, 1, 0}, kC = {0, 1, 1}, kD = {1, 0, 0};

TEST(RingCache, FindsWhatItHolds) {
  RingCache ring(10);
  EXPECT_FALSE(ring.find(kA).has_value());
  EXPECT_EQ(ring.allocate(kA, 4), 0);
  EXPECT_EQ(ring.allocate(kB, 6), 4);
  EXPECT_EQ(ring.find(kA), 0);
  EXPECT_EQ(ring.find(kB), 4);
  EXPECT_FALSE(ring.find(kC).has_value());
}

TEST(RingCache, ForgetsWhatIsOverwrittenInPart) {
  RingCache ring(10);
  ring.allocate(kA, 4);
  ring.allocate(kB, 4);
  EXPECT_EQ(ring.allocate(kC, 3), 0) << "two words are left at the end, so it starts again";
  EXPECT_FALSE(ring.find(kA).has_value());
  EXPECT_EQ(ring.find(kB), 4);
  EXPECT_EQ(ring.allocate(kD, 2), 3);
  EXPECT_FALSE(ring.find(kB).has_value()) << "one word of it is gone";
  EXPECT_EQ(ring.find(kC), 0);
}

TEST(RingCache, PieceAsLargeAsTheRing) {
  RingCache ring(5);
  ring.allocate(kA, 2);
  EXPECT_EQ(ring.allocate(kB, 5), 0);
  EXPECT_FALSE(ring.find(kA).has_value());
  EXPECT_EQ(ring.allocate(kC, 5), 0);
}

TEST(RingCache, KeepsTogetherWhatFits) {
  RingCache ring(10);
  ring.allocate(kA, 6);
  ring.keep_together(5);
  EXPECT_EQ(ring.allocate(kB, 2), 0);
  ring.keep_together(11);  // cannot be kept together, so nothing moves
  EXPECT_EQ(ring.allocate(kC, 2), 2);
}

TEST(RingCache, LargerThanTheRingBad) {
  RingCache ring(5);
  EXPECT_THROW(ring.allocate(kA, 6), InternalError);
  EXPECT_THROW(ring.allocate(kA, 0), InternalError);
}

}  // namespace
}  // namespace systoliq::model
