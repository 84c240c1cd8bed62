// SPDX-License-Identifier: MIT
#include "tally/core/text.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1 000");
  EXPECT_EQ(grouped(47040016), "47 040 016");
  EXPECT_EQ(grouped(-123456), "-123 456");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Counted, UsesThePlural) {
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(0, "rank"), "0 ranks");
  EXPECT_EQ(counted(2000, "rank"), "2 000 ranks");
}

}  // namespace
}  // namespace tally
