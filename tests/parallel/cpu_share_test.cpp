// SPDX-License-Identifier: MIT
#include "tally/parallel/cpu_share.hpp"

#include <gtest/gtest.h>
#include <sched.h>

namespace tally {
namespace {

TEST(CpuShare, SharesTheHostsCoresEvenlyButAtLeastOneEach) {
  EXPECT_EQ((CpuShare{8, 8, 2}.fair()), 4);
  EXPECT_EQ((CpuShare{8, 8, 3}.fair()), 2);
  EXPECT_EQ((CpuShare{1, 8, 8}.fair()), 1);
  EXPECT_EQ((CpuShare{2, 2, 5}.fair()), 1);
}

TEST(CpuShare, NeverExceedsTheRanksOwnMask) {
  EXPECT_EQ((CpuShare{1, 4, 2}.fair()), 1);
}

// Each rank confines itself to one core; the host's cores are the union of all masks.
TEST(CpuShare, CountsTheUnionOfTheMasksOfAHost) {
  const Communicator communicator;
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "needs 2 cores";
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &before)) cores.push_back(core);
  }
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(cores[static_cast<std::size_t>(communicator.rank() % 2)], &own);
  ASSERT_EQ(sched_setaffinity(0, sizeof(own), &own), 0);
  const CpuShare share = cpu_share(communicator);
  sched_setaffinity(0, sizeof(before), &before);
  EXPECT_EQ(share.own_processors, 1);
  EXPECT_EQ(share.host_ranks, communicator.size());
  EXPECT_EQ(share.host_processors, communicator.size() == 1 ? 1 : 2);
}

}  // namespace
}  // namespace tally
