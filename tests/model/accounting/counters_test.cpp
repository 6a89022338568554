// SPDX-License-Identifier: Apache-2.0
// The visitor sees every counter once, and what is built on it misses none.
#include "model/accounting/counters.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace systoliq::model {
namespace {

TEST(CounterVisitor, SeesEveryMemberOnce) {
  LayerCounters counters;
  std::set<std::string> names;
  std::set<const std::int64_t*> members;
  visit_counters([&](const std::string& name, CounterSource, auto get) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(members.insert(&get(counters)).second) << name;
  });
  EXPECT_EQ(members.size() * sizeof(std::int64_t), sizeof(LayerCounters)) << "a counter has no line in the visitor";
  for (const char* name : {"cycles", "load_busy_cycles", "execute_stall_memory_cycles", "store_idle_cycles",
                           "memory_read_bytes", "overflows", "tile_underutilization_cycles"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
}

TEST(CounterVisitor, SumAndEqualityCoverEveryCounter) {
  visit_counters([](const std::string& name, CounterSource, auto get) {
    LayerCounters one, other;
    get(other) = 5;
    EXPECT_NE(one, other) << name;
    one += other;
    EXPECT_EQ(one, other) << name;
    one += other;
    EXPECT_EQ(get(one), 10) << name;
  });
}

}  // namespace
}  // namespace systoliq::model
