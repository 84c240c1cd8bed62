// SPDX-License-Identifier: MIT
#include "tally/core/summation_tree.hpp"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "tally/core/random.hpp"

namespace tally {
namespace {

// Leaves of very different sizes, so that any other order of summation shows in the bits.
std::vector<float> uneven_leaves(std::int64_t count) {
  std::vector<float> leaves;
  RandomStream stream(3, Purpose::kInitialize);
  for (std::int64_t i = 0; i < count; ++i) {
    leaves.push_back(static_cast<float>((stream.uniform() - 0.5) * std::pow(10.0, i % 7)));
  }
  return leaves;
}

// The definition, written as it is said: pairs (2i, 2i+1) level by level, odd last passes up.
float sum_by_definition(std::vector<float> level) {
  while (level.size() > 1) {
    std::vector<float> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(level[i] + level[i + 1]);
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  return level.at(0);
}

// Sums the leaves of `range` the way a worker does, and returns its canonical partial sums.
std::vector<std::pair<Subtree, float>> worker_partials(const std::vector<float>& leaves,
                                                       Range range) {
  std::vector<float> slots = leaves;
  SummationStack stack(static_cast<std::int64_t>(leaves.size()));
  for (std::int64_t leaf = range.begin; leaf < range.end; ++leaf) {
    stack.push({0, leaf}, leaf, [&](Addition addition) {
      slots[static_cast<std::size_t>(addition.into)] +=
          slots[static_cast<std::size_t>(addition.from)];
    });
  }
  std::vector<std::pair<Subtree, float>> partials;
  for (const auto& entry : stack.entries()) {
    partials.emplace_back(entry.subtree, slots[static_cast<std::size_t>(entry.slot)]);
  }
  return partials;
}

TEST(SummationTree, GivesTheSameBitsForAnyCutIntoWorkers) {
  for (std::int64_t leaf_count = 1; leaf_count <= 17; ++leaf_count) {
    const std::vector<float> leaves = uneven_leaves(leaf_count);
    const float expected = sum_by_definition(leaves);
    // Every way to cut the leaves into contiguous ranges: one bit for each place between leaves.
    for (std::uint32_t cuts = 0; cuts < (1U << (leaf_count - 1)); ++cuts) {
      std::vector<Subtree> subtrees;
      std::vector<float> values;
      std::int64_t begin = 0;
      for (std::int64_t end = 1; end <= leaf_count; ++end) {
        if (end < leaf_count && (cuts >> (end - 1) & 1U) == 0) continue;
        for (const auto& [subtree, value] : worker_partials(leaves, {begin, end})) {
          subtrees.push_back(subtree);
          values.push_back(value);
        }
        begin = end;
      }
      const MergePlan plan = plan_merge(leaf_count, subtrees);
      for (const auto& [into, from] : plan.additions) {
        values[static_cast<std::size_t>(into)] += values[static_cast<std::size_t>(from)];
      }
      ASSERT_EQ(plan.remaining.size(), 1U);
      ASSERT_EQ(values[static_cast<std::size_t>(plan.remaining[0].slot)], expected)
          << leaf_count << " leaves, cuts " << cuts;
    }
  }
}

TEST(SummationTree, OrderMattersForTheseLeaves) {
  const std::vector<float> leaves = uneven_leaves(13);
  float in_sequence = 0;
  for (const float leaf : leaves) in_sequence += leaf;
  EXPECT_NE(in_sequence, sum_by_definition(leaves));
}

TEST(SummationTree, MissingLeavesAtTheEndChangeNothing) {
  for (std::int64_t present = 1; present <= 16; ++present) {
    const std::vector<float> leaves = uneven_leaves(present);
    const auto partials = worker_partials(leaves, {0, present});
    ASSERT_EQ(partials.size(), 1U);
    EXPECT_EQ(partials[0].second, sum_by_definition(leaves));
  }
}

TEST(CanonicalSubtrees, AreOneForAnAlignedPowerOfTwo) {
  EXPECT_EQ(canonical_subtrees(16, {8, 12}), (std::vector<Subtree>{{2, 2}}));
  EXPECT_EQ(canonical_subtrees(16, {0, 16}), (std::vector<Subtree>{{4, 0}}));
  EXPECT_EQ(canonical_subtrees(16, {3, 9}), (std::vector<Subtree>{{0, 3}, {2, 1}, {0, 8}}));
  EXPECT_TRUE(canonical_subtrees(16, {5, 5}).empty());
}

TEST(CanonicalSubtrees, AreAtMostTwiceTheLogarithm) {
  for (std::int64_t count = 1; count <= 100; ++count) {
    for (std::int64_t begin = 0; begin < count; ++begin) {
      for (std::int64_t end = begin; end <= count; ++end) {
        ASSERT_LE(static_cast<std::int64_t>(canonical_subtrees(count, {begin, end}).size()),
                  2 * std::bit_width(static_cast<std::uint64_t>(count)) + 1);
      }
    }
  }
}

TEST(TreeSum, FollowsTheDefinition) {
  for (std::int64_t count = 1; count <= 40; ++count) {
    std::vector<double> leaves;
    std::vector<float> exact;
    for (std::int64_t i = 0; i < count; ++i) {
      exact.push_back(static_cast<float>(i * i));
      leaves.push_back(static_cast<double>(i * i));
    }
    EXPECT_EQ(tree_sum(leaves), sum_by_definition(exact));
  }
  EXPECT_EQ(tree_sum({}), 0);
}

}  // namespace
}  // namespace tally
