// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_reducer.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::size_t kSize = 16 * 21;  // slices of unequal size for 2, 4 and more ranks

float leaf_element(std::int64_t leaf, std::size_t element) {
  return static_cast<float>(
      std::sin(static_cast<double>(leaf * 1000) + static_cast<double>(element)) *
      std::pow(10.0, static_cast<double>((leaf + 3) % 7)));
}

// The tree as it is defined, on one process.
std::vector<float> total_by_definition(std::int64_t leaf_count) {
  std::vector<std::vector<float>> level;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) {
    level.emplace_back();
    for (std::size_t i = 0; i < kSize; ++i) level.back().push_back(leaf_element(leaf, i));
  }
  while (level.size() > 1) {
    std::vector<std::vector<float>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      next.push_back(level[i]);
      for (std::size_t j = 0; j < kSize; ++j) next.back()[j] += level[i + 1][j];
    }
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  return level[0];
}

class GradientReducerTest : public testing::Test {
 protected:
  void produce_leaves(LeafSums& sums, const ThreadTeam& team, std::int64_t leaf_count) const {
    sums.begin(leaf_count);
    team.run([&](int thread) {
      const Range leaves = sums.leaves(thread);
      for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
        float* vector = sums.next_leaf(thread);
        for (std::size_t i = 0; i < kSize; ++i) vector[i] = leaf_element(leaf, i);
        sums.add_leaf(thread);
      }
    });
  }

  Workers workers(int threads) const {
    return {communicator_.size(), communicator_.rank(), threads};
  }

  Communicator communicator_;
};

TEST_F(GradientReducerTest, TreeSumHasTheBitsOfItsDefinition) {
  for (int threads = 1; threads <= 3; ++threads) {
    const ThreadTeam team(threads);
    for (std::int64_t shards = 1; shards <= 17; ++shards) {
      TreeReducer reducer(communicator_, team, kSize);
      const std::vector<std::int64_t> counts = {shards, (shards + 1) / 2};
      LeafSums sums(kSize, shards, counts, workers(threads));
      for (const std::int64_t leaf_count : {counts[0], counts[1], counts[0]}) {
        produce_leaves(sums, team, leaf_count);
        const ReducedStep step = reducer.reduce(sums, 0);
        ASSERT_EQ(std::vector<float>(step.total.begin(), step.total.end()),
                  total_by_definition(leaf_count))
            << shards << " shards, " << leaf_count << " leaves, " << threads << " threads";
      }
    }
  }
}

TEST_F(GradientReducerTest, FlagsAreOredOverRanks) {
  const ThreadTeam team(1);
  const std::vector<std::int64_t> counts = {5};
  LeafSums sums(kSize, 5, counts, workers(1));
  TreeReducer tree(communicator_, team, kSize);
  MpiReducer mpi(communicator_, team, kSize);
  for (GradientReducer* reducer : std::initializer_list<GradientReducer*>{&tree, &mpi}) {
    produce_leaves(sums, team, 5);
    EXPECT_EQ(reducer->reduce(sums, 1U << communicator_.rank()).flags,
              (1U << communicator_.size()) - 1);
    produce_leaves(sums, team, 5);
    EXPECT_EQ(reducer->reduce(sums, 0).flags, 0U);
  }
}

TEST_F(GradientReducerTest, MpiSumIsRightToWithinRounding) {
  const ThreadTeam team(2);
  const std::vector<std::int64_t> counts = {13};
  LeafSums sums(kSize, 13, counts, workers(2));
  MpiReducer reducer(communicator_, team, kSize);
  produce_leaves(sums, team, 13);
  const ReducedStep step = reducer.reduce(sums, 0);
  const std::vector<float> expected = total_by_definition(13);
  for (std::size_t i = 0; i < kSize; ++i) {
    ASSERT_NEAR(step.total[i], expected[i], 1.0) << i;  // of terms up to 10^6
  }
}

}  // namespace
}  // namespace tally
