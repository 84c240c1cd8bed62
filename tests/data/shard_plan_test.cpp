// SPDX-License-Identifier: MIT
#include "tally/data/shard_plan.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

using Place = ShardPlan::Place;

// The samples of each step of an epoch in the order of summation: by shard, then by row.
std::vector<std::vector<std::int64_t>> steps_of(const ShardPlan& plan, std::int64_t epoch) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> sample_at;
  const std::vector<Place> places = plan.deal();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool is_new = sample_at.emplace(std::pair(places[i].shard, places[i].index), i).second;
    EXPECT_TRUE(is_new) << "two samples share a place";
  }
  std::vector<std::vector<std::int64_t>> steps(static_cast<std::size_t>(plan.steps_per_epoch()));
  for (std::int64_t step = 0; step < plan.steps_per_epoch(); ++step) {
    for (std::int64_t shard = 0; shard < plan.leaves(step); ++shard) {
      std::vector<std::uint32_t> order(static_cast<std::size_t>(plan.shard_size(shard)));
      plan.epoch_order(epoch, shard, order);
      const Range rows = plan.rows(step, shard);
      EXPECT_FALSE(rows.is_empty());
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        steps[static_cast<std::size_t>(step)].push_back(sample_at.at(
            {static_cast<std::uint32_t>(shard), order[static_cast<std::size_t>(row)]}));
      }
    }
    EXPECT_EQ(plan.step_samples(step),
              static_cast<std::int64_t>(steps[static_cast<std::size_t>(step)].size()));
  }
  return steps;
}

class ShardPlanTest : public testing::TestWithParam<SampleOrder> {};

TEST_P(ShardPlanTest, UsesEverySampleExactlyOncePerEpoch) {
  for (const std::int64_t samples : {1, 5, 16, 31, 32, 33, 100, 1000, 1003}) {
    for (const auto& [batch, micro] : {std::pair<int, int>{1, 1},
                                       {4, 1},
                                       {8, 4},
                                       {16, 4},
                                       {24, 8},
                                       {17, 1},
                                       {128, 32},
                                       {2048, 32}}) {
      const ShardPlan plan({samples, batch, micro, GetParam(), 7});
      std::set<std::int64_t> seen;
      std::int64_t used = 0;
      for (const auto& step : steps_of(plan, 3)) {
        EXPECT_LE(step.size(), static_cast<std::size_t>(batch));
        EXPECT_FALSE(step.empty());
        seen.insert(step.begin(), step.end());
        used += static_cast<std::int64_t>(step.size());
      }
      EXPECT_EQ(used, samples) << batch << "/" << micro;
      EXPECT_EQ(static_cast<std::int64_t>(seen.size()), samples) << batch << "/" << micro;
    }
  }
}

TEST_P(ShardPlanTest, ShardsNeverGrowWithTheirNumberAndHoldAllSamples) {
  for (std::int64_t samples = 1; samples <= 70; ++samples) {
    const ShardPlan plan({samples, 20, 4, GetParam(), 7});
    std::int64_t total = 0;
    for (std::int64_t shard = 0; shard < plan.shards(); ++shard) {
      total += plan.shard_size(shard);
      if (shard > 0) {
        EXPECT_LE(plan.shard_size(shard), plan.shard_size(shard - 1));
      }
    }
    EXPECT_EQ(total, samples);
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, ShardPlanTest,
                         testing::Values(SampleOrder::kShuffled, SampleOrder::kSequential),
                         [](const auto& test) {
                           return test.param == SampleOrder::kShuffled ? "Shuffled" : "Sequential";
                         });

TEST(ShardPlan, SequentialStepsUseConsecutiveSamples) {
  const ShardPlan plan({50, 12, 4, SampleOrder::kSequential, 0});
  std::int64_t next = 0;
  for (const auto& step : steps_of(plan, 1)) {
    for (const std::int64_t sample : step) EXPECT_EQ(sample, next++);
  }
  EXPECT_EQ(next, 50);
}

TEST(ShardPlan, ShuffledShardsKeepTheirSamplesAndChangeTheirOrder) {
  const ShardPlan plan({60, 12, 4, SampleOrder::kShuffled, 5});
  EXPECT_NE(steps_of(plan, 0), steps_of(plan, 1));
  EXPECT_EQ(steps_of(plan, 1), steps_of(plan, 1));
  EXPECT_EQ(plan.deal(), plan.deal());
  const ShardPlan other_seed({60, 12, 4, SampleOrder::kShuffled, 6});
  EXPECT_NE(plan.deal(), other_seed.deal());
}

TEST(ShardPlan, ShuffledShardSizesDifferByAtMostOne) {
  const ShardPlan plan({1003, 128, 32, SampleOrder::kShuffled, 5});
  EXPECT_EQ(plan.shard_size(0), 251);
  EXPECT_EQ(plan.shard_size(2), 251);
  EXPECT_EQ(plan.shard_size(3), 250);
}

// Shard k holds the ids with floor(id / M) mod K = k, in order.
TEST(ShardPlan, SequentialShardsFollowTheirDefinition) {
  const ShardPlan plan({101, 12, 4, SampleOrder::kSequential, 0});
  std::vector<std::uint32_t> next(3, 0);
  const std::vector<Place> places = plan.deal();
  for (std::uint32_t id = 0; id < 101; ++id) {
    const std::uint32_t shard = id / 4 % 3;
    EXPECT_EQ(places[id], (Place{shard, next[shard]++})) << id;
  }
}

// What a trainer prepares for: nothing else may occur in an epoch.
TEST(ShardPlan, NamesEverySizeOfMicroBatchesAndEveryNumberOfLeaves) {
  for (const SampleOrder order : {SampleOrder::kShuffled, SampleOrder::kSequential}) {
    for (const std::int64_t samples : {5, 96, 101, 1003}) {
      const ShardPlan plan({samples, 12, 4, order, 5});
      std::set<std::int64_t> sizes, counts;
      for (std::int64_t step = 0; step < plan.steps_per_epoch(); ++step) {
        counts.insert(plan.leaves(step));
        for (std::int64_t shard = 0; shard < plan.leaves(step); ++shard) {
          sizes.insert(plan.rows(step, shard).size());
        }
      }
      EXPECT_THAT(plan.micro_batch_sizes(), testing::UnorderedElementsAreArray(sizes)) << samples;
      EXPECT_THAT(plan.leaf_counts(), testing::UnorderedElementsAreArray(counts)) << samples;
    }
  }
}

}  // namespace
}  // namespace tally
