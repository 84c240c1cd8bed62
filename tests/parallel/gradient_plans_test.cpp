// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_plans.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

// The example of docs/summation.md: six leaves on three ranks, of which two are on one host.
TEST(GradientPlans, CountTheVectorsOfTheExampleByHand) {
  const JobLayout job{{1, 1, 1}, {0, 0, 1}, 0};
  const GradientPlans plans(6, {6, 5}, job);
  EXPECT_EQ(plans.worker_vectors(), 2);   // 0+1, and leaf 1 where it cannot be added at once
  EXPECT_EQ(plans.worker_partials(), 2);  // 0+1 and 2+3
  EXPECT_EQ(plans.host_partials(), 1);    // 0+1+2+3
  EXPECT_EQ(plans.host_vectors(), 2);     // and the total
  EXPECT_EQ(plans.of(5).leaf_count, 5);
}

TEST(GradientPlans, NeedNoVectorToExchangeOnOneHost) {
  EXPECT_EQ(GradientPlans(6, {6}, JobLayout{{1, 1}, {0, 0}, 1}).host_vectors(), 0);
}

TEST(GradientPlans, OfNoStepsNeedNoVectors) {
  EXPECT_EQ(GradientPlans().host_vectors(), 0);
  EXPECT_EQ(GradientPlans().worker_vectors(), 0);
}

}  // namespace
}  // namespace tally
