// SPDX-License-Identifier: MIT
#include "tally/core/range.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(PartOf, CoversTheWholeOnceWithSizesThatDifferByAtMostOne) {
  for (std::int64_t size = 0; size <= 20; ++size) {
    for (std::int64_t parts = 1; parts <= 23; ++parts) {
      std::int64_t next = 5;
      for (std::int64_t part = 0; part < parts; ++part) {
        const Range range = part_of({5, 5 + size}, parts, part);
        EXPECT_EQ(range.begin, next);
        EXPECT_TRUE(range.size() == size / parts || range.size() == size / parts + 1);
        next = range.end;
      }
      EXPECT_EQ(next, 5 + size);
    }
  }
}

TEST(PartOf, CutsAtMultiplesOfTheGranule) {
  std::int64_t next = 0;
  for (std::int64_t part = 0; part < 3; ++part) {
    const Range range = part_of({0, 100}, 3, part, 16);
    EXPECT_EQ(range.begin, next);
    EXPECT_TRUE(range.end % 16 == 0 || range.end == 100);
    next = range.end;
  }
  EXPECT_EQ(next, 100);
}

TEST(Clipped, NeverGrowsNorTurnsNegative) {
  EXPECT_EQ(clipped({2, 8}, 5), (Range{2, 5}));
  EXPECT_EQ(clipped({2, 8}, 9), (Range{2, 8}));
  EXPECT_TRUE(clipped({2, 8}, 1).is_empty());
}

}  // namespace
}  // namespace tally
