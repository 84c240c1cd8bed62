// SPDX-License-Identifier: MIT
#include "tally/data/shard_store.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::int64_t kSamples = 53;

// Sample i has the label i mod 10 and the pixels (i, i + 1, i + 2).
ShardStore filled_store(const ShardPlan& plan, Range shards) {
  ShardStore store(plan, shards, 3);
  const auto places = plan.deal();
  for (std::uint32_t id = 0; id < kSamples; ++id) {
    if (places[id].shard < shards.begin || places[id].shard >= shards.end) continue;
    const auto grey = static_cast<std::uint8_t>(id);
    const std::array<std::uint8_t, 3> pixels = {grey, static_cast<std::uint8_t>(grey + 1),
                                                static_cast<std::uint8_t>(grey + 2)};
    store.put(places[id], {id, static_cast<std::uint8_t>(id % 10), pixels});
  }
  return store;
}

TEST(ShardStore, HoldsTheSamplesOfItsShardsOnly) {
  const ShardPlan plan({kSamples, 16, 4, SampleOrder::kShuffled, 1});
  const ShardStore store = filled_store(plan, {1, 3});
  EXPECT_EQ(store.size(), plan.shard_size(1) + plan.shard_size(2));
}

TEST(ShardStore, GivesBackWhatWasPutInTheOrderOfTheEpoch) {
  for (const SampleOrder order : {SampleOrder::kShuffled, SampleOrder::kSequential}) {
    const ShardPlan plan({kSamples, 16, 4, order, 1});
    ShardStore store = filled_store(plan, {0, 4});
    std::set<std::uint32_t> seen;
    store.begin_epoch(2);
    for (std::int64_t shard = 0; shard < 4; ++shard) {
      for (std::int64_t row = 0; row < plan.shard_size(shard); ++row) {
        const StoredSample sample = store.sample(shard, row);
        EXPECT_EQ(sample.label, sample.id % 10);
        EXPECT_EQ(sample.pixels[0], sample.id);
        EXPECT_EQ(sample.pixels[2], sample.id + 2);
        EXPECT_EQ(plan.deal()[sample.id].shard, shard);
        seen.insert(sample.id);
      }
    }
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), kSamples);
  }
}

TEST(ShardStore, ADifferentCutOfShardsGivesTheSameRows) {
  const ShardPlan plan({kSamples, 16, 4, SampleOrder::kShuffled, 1});
  ShardStore whole = filled_store(plan, {0, 4});
  ShardStore part = filled_store(plan, {2, 4});
  whole.begin_epoch(5);
  part.begin_epoch(5);
  for (std::int64_t row = 0; row < plan.shard_size(3); ++row) {
    EXPECT_EQ(whole.sample(3, row).id, part.sample(3, row).id);
  }
}

}  // namespace
}  // namespace tally
