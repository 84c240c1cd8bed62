// SPDX-License-Identifier: MIT
#include "tally/parallel/job_layout.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(JobLayout, CountsWorkersHostByHost) {
  const JobLayout job{{1, 3, 2, 1, 4}, {0, 0, 0, 1, 1}, 4};
  EXPECT_EQ(job.host_count(), 2);
  EXPECT_EQ(job.ranks_of(0), (Range{0, 3}));
  EXPECT_EQ(job.workers_of(0), 6);
  EXPECT_EQ(job.workers_of(1), 5);
  EXPECT_EQ(job.first_worker(), 1);
}

TEST(JobLayout, NamesTheLeadersOfItsHosts) {
  const JobLayout job{{1, 1, 1, 1}, {0, 0, 1, 2}, 3};
  EXPECT_EQ(job.leaders(), (std::vector{0, 2, 3}));
  EXPECT_EQ(job.ranks_of(0), (Range{0, 2}));
  EXPECT_EQ(job.ranks_of(2), (Range{3, 4}));
}

TEST(LeavesOfRank, CoverAllLeavesInTheOrderOfTheRanks) {
  for (std::int64_t shards = 1; shards <= 17; ++shards) {
    for (int ranks = 1; ranks <= 9; ++ranks) {
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Range leaves = leaves_of_rank(shards, ranks, rank);
        EXPECT_EQ(leaves.begin, next);
        EXPECT_LE(leaves.size(), (shards + ranks - 1) / ranks);
        EXPECT_GE(leaves.size(), shards / ranks);
        next = leaves.end;
      }
      EXPECT_EQ(next, shards);
    }
  }
}

}  // namespace
}  // namespace tally
