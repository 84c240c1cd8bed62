// SPDX-License-Identifier: MIT
#include "tally/parallel/reduction_plan.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

// A leaf's value, of very different sizes so that another order of adding shows in the bits.
float leaf_value(std::int64_t leaf) {
  return static_cast<float>(std::sin(static_cast<double>(leaf + 1)) *
                            std::pow(10.0, static_cast<double>(leaf % 6)));
}

float sum_by_definition(std::int64_t leaf_count) {
  std::vector<float> level;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) level.push_back(leaf_value(leaf));
  while (level.size() > 1) {
    std::vector<float> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(level[i] + level[i + 1]);
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  return level[0];
}

// What one rank leaves over, summed as its plan says.
std::vector<float> partials_of(const ReductionPlan& plan) {
  std::vector<std::vector<float>> slots(
      plan.thread_leaves.size(),
      std::vector<float>(static_cast<std::size_t>(plan.slots_per_thread)));
  for (std::size_t thread = 0; thread < plan.thread_leaves.size(); ++thread) {
    SummationStack stack(plan.leaf_count);
    for (std::int64_t leaf = plan.thread_leaves[thread].begin;
         leaf < plan.thread_leaves[thread].end; ++leaf) {
      const auto slot = stack.entries().size();
      slots[thread].at(slot) = leaf_value(leaf);  // throws if the plan promised too few slots
      stack.push({0, leaf}, static_cast<std::int64_t>(slot), [&](Addition addition) {
        slots[thread][static_cast<std::size_t>(addition.into)] +=
            slots[thread][static_cast<std::size_t>(addition.from)];
      });
    }
  }
  std::vector<float> sources;
  for (const auto& [thread, slot] : plan.thread_partials) {
    sources.push_back(slots[static_cast<std::size_t>(thread)][static_cast<std::size_t>(slot)]);
  }
  for (const auto& [into, from] : plan.thread_additions) {
    sources[static_cast<std::size_t>(into)] += sources[static_cast<std::size_t>(from)];
  }
  std::vector<float> partials;
  for (const std::int64_t position : plan.rank_partials) {
    partials.push_back(sources[static_cast<std::size_t>(position)]);
  }
  return partials;
}

float total_of(std::int64_t shards, std::int64_t leaf_count, int ranks, int threads) {
  std::vector<float> all;
  for (int rank = 0; rank < ranks; ++rank) {
    const ReductionPlan plan(shards, leaf_count, {ranks, rank, threads});
    const std::vector<float> partials = partials_of(plan);
    EXPECT_EQ(static_cast<std::int64_t>(partials.size()),
              plan.partial_counts[static_cast<std::size_t>(rank)]);
    all.insert(all.end(), partials.begin(), partials.end());
  }
  const ReductionPlan plan(shards, leaf_count, {ranks, 0, threads});
  for (const auto& [into, from] : plan.rank_additions) {
    all[static_cast<std::size_t>(into)] += all[static_cast<std::size_t>(from)];
  }
  return all[static_cast<std::size_t>(plan.total_slot)];
}

TEST(ReductionPlan, GivesTheSameBitsForAnyRanksAndThreads) {
  for (std::int64_t shards = 1; shards <= 17; ++shards) {
    for (std::int64_t leaf_count = 1; leaf_count <= shards; ++leaf_count) {
      const float expected = sum_by_definition(leaf_count);
      for (int ranks = 1; ranks <= 9; ++ranks) {
        for (int threads = 1; threads <= 4; ++threads) {
          ASSERT_EQ(total_of(shards, leaf_count, ranks, threads), expected)
              << shards << " shards, " << leaf_count << " leaves, " << ranks << " x " << threads;
        }
      }
    }
  }
}

TEST(ReductionPlan, NeedsFewVectorsForManyLeaves) {
  const ReductionPlan plan(1024, 1024, {1, 0, 1});
  EXPECT_EQ(plan.slots_per_thread, 11);  // log2(1024) waiting nodes and the leaf at work
  EXPECT_EQ(plan.rank_partials.size(), 1U);
}

TEST(ReductionPlan, LeavesOnePartialPerRankForAlignedPowersOfTwo) {
  for (int rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(ReductionPlan(16, 16, {4, rank, 2}).rank_partials.size(), 1U);
  }
}

TEST(LeavesOfRank, CoverAllShardsInOrder) {
  std::int64_t next = 0;
  for (int rank = 0; rank < 5; ++rank) {
    const Range range = leaves_of_rank(13, 5, rank);
    EXPECT_EQ(range.begin, next);
    next = range.end;
  }
  EXPECT_EQ(next, 13);
}

}  // namespace
}  // namespace tally
