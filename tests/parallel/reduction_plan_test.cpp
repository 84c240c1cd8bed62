// SPDX-License-Identifier: MIT
#include "tally/parallel/reduction_plan.hpp"

#include <gtest/gtest.h>

#include "parallel/leaf_values.hpp"

namespace tally {
namespace {

// What one host leaves over, summed as its plan says.
std::vector<float> partials_of(const ReductionPlan& plan) {
  std::vector<std::vector<float>> slots(
      plan.worker_leaves.size(),
      std::vector<float>(static_cast<std::size_t>(plan.slots_per_worker)));
  for (std::size_t worker = 0; worker < plan.worker_leaves.size(); ++worker) {
    SummationStack stack(plan.leaf_count);
    for (std::int64_t leaf = plan.worker_leaves[worker].begin;
         leaf < plan.worker_leaves[worker].end; ++leaf) {
      const auto slot = stack.entries().size();
      slots[worker].at(slot) = leaf_value(leaf);  // throws if the plan promised too few slots
      stack.push({0, leaf}, static_cast<std::int64_t>(slot), [&](Addition addition) {
        slots[worker][static_cast<std::size_t>(addition.into)] +=
            slots[worker][static_cast<std::size_t>(addition.from)];
      });
    }
  }
  std::vector<float> sources;
  for (const auto& [worker, slot] : plan.worker_partials) {
    sources.push_back(slots[static_cast<std::size_t>(worker)][static_cast<std::size_t>(slot)]);
  }
  for (const auto& [into, from] : plan.worker_additions) {
    sources[static_cast<std::size_t>(into)] += sources[static_cast<std::size_t>(from)];
  }
  std::vector<float> partials;
  for (const std::int64_t position : plan.host_partials) {
    partials.push_back(sources[static_cast<std::size_t>(position)]);
  }
  return partials;
}

// The seat of each host's first rank; any rank of a host sees the same sums.
float total_of(std::int64_t shards, std::int64_t leaf_count, JobLayout job) {
  std::vector<float> all;
  std::vector<Subtree> all_sums;
  for (const int leader : job.leaders()) {
    job.rank = leader;
    const ReductionPlan plan(shards, leaf_count, job);
    const std::vector<float> partials = partials_of(plan);
    const std::vector<Subtree> sums =
        canonical_subtrees(leaf_count, plan.host_leaves[static_cast<std::size_t>(job.host())]);
    EXPECT_EQ(partials.size(), sums.size());
    all.insert(all.end(), partials.begin(), partials.end());
    all_sums.insert(all_sums.end(), sums.begin(), sums.end());
  }
  const MergePlan merge = plan_merge(leaf_count, all_sums);
  for (const auto& [into, from] : merge.additions) {
    all[static_cast<std::size_t>(into)] += all[static_cast<std::size_t>(from)];
  }
  EXPECT_EQ(merge.remaining.size(), 1U);
  return all[static_cast<std::size_t>(merge.remaining.front().slot)];
}

// `ranks` of `threads` each, `per_host` to a host; the last host may have fewer.
JobLayout even_job(int ranks, int threads, int per_host) {
  JobLayout job{{}, {}, 0};
  for (int rank = 0; rank < ranks; ++rank) {
    job.threads.push_back(threads);
    job.hosts.push_back(rank / per_host);
  }
  return job;
}

TEST(ReductionPlan, GivesTheSameBitsForAnyHostsRanksAndThreads) {
  for (std::int64_t shards = 1; shards <= 17; ++shards) {
    for (std::int64_t leaf_count = 1; leaf_count <= shards; ++leaf_count) {
      const float expected = sum_by_definition(leaf_count);
      for (int ranks = 1; ranks <= 9; ++ranks) {
        for (int threads = 1; threads <= 3; ++threads) {
          for (const int per_host : {1, 2, 3, 9}) {
            ASSERT_EQ(total_of(shards, leaf_count, even_job(ranks, threads, per_host)), expected)
                << shards << " shards, " << leaf_count << " leaves, " << ranks << " x " << threads
                << " on hosts of " << per_host;
          }
        }
      }
    }
  }
}

TEST(ReductionPlan, GivesTheSameBitsForUnequalHostsAndThreads) {
  for (std::int64_t shards = 1; shards <= 33; ++shards) {
    const JobLayout job{{1, 3, 2, 1, 4}, {0, 0, 0, 1, 1}, 0};
    EXPECT_EQ(total_of(shards, shards, job), sum_by_definition(shards)) << shards;
  }
}

TEST(ReductionPlan, NeedsFewVectorsForManyLeaves) {
  const ReductionPlan plan(1024, 1024, JobLayout{});
  EXPECT_EQ(plan.slots_per_worker, 11);  // log2(1024) waiting subtrees and the leaf at work
  EXPECT_EQ(plan.host_partials.size(), 1U);
}

TEST(ReductionPlan, LeavesOnePartialPerHostForAlignedPowersOfTwo) {
  JobLayout job = even_job(8, 2, 2);
  for (job.rank = 0; job.rank < 8; ++job.rank) {
    EXPECT_EQ(ReductionPlan(16, 16, job).host_partials.size(), 1U);
  }
}

}  // namespace
}  // namespace tally
