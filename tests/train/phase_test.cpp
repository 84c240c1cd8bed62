// SPDX-License-Identifier: MIT
#include "tally/train/phase.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Phase, IsNamedAsInMessages) {
  EXPECT_EQ(name_of(Phase::kStart), "start-up");
  EXPECT_EQ(name_of(Phase::kReduce), "reduce");
  EXPECT_EQ(name_of(Phase::kFinish), "finish");
  EXPECT_EQ(place_text(1234, Phase::kUpdate), "step 1 234, update");
}

}  // namespace
}  // namespace tally
