// SPDX-License-Identifier: MIT
#include "tally/parallel/leaf_sums.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::size_t kSize = 64;

float leaf_element(std::int64_t leaf, std::size_t element) {
  return static_cast<float>(
      std::cos(static_cast<double>(leaf * 64) + static_cast<double>(element)) *
      std::pow(10.0, static_cast<double>(leaf % 5)));
}

// The total of `leaf_count` leaves on one rank with a team of `threads`.
std::vector<float> total(LeafSums& sums, std::int64_t leaf_count, int threads) {
  const ThreadTeam team(threads);
  sums.begin(leaf_count);
  team.run([&](int thread) {
    for (std::int64_t leaf = sums.leaves(thread).begin; leaf < sums.leaves(thread).end; ++leaf) {
      float* vector = sums.next_leaf(thread);
      for (std::size_t i = 0; i < kSize; ++i) vector[i] = leaf_element(leaf, i);
      sums.add_leaf(thread);
    }
  });
  const auto partials = sums.merge(team);
  EXPECT_EQ(partials.size(), 1U);
  return {partials[0], partials[0] + kSize};
}

TEST(LeafSums, GivesTheSameBitsForAnyNumberOfThreads) {
  for (std::int64_t leaves = 1; leaves <= 17; ++leaves) {
    const std::vector<std::int64_t> counts = {leaves};
    LeafSums alone(kSize, leaves, counts, {1, 0, 1});
    const std::vector<float> expected = total(alone, leaves, 1);
    for (int threads = 2; threads <= 5; ++threads) {
      LeafSums sums(kSize, leaves, counts, {1, 0, threads});
      EXPECT_EQ(total(sums, leaves, threads), expected) << leaves << " leaves, " << threads;
    }
  }
}

TEST(LeafSums, StepsDoNotInfluenceEachOther) {
  const std::vector<std::int64_t> counts = {7, 3};
  LeafSums used(kSize, 7, counts, {1, 0, 2});
  LeafSums fresh(kSize, 7, counts, {1, 0, 2});
  total(used, 7, 2);
  total(used, 7, 2);
  EXPECT_EQ(total(used, 3, 2), total(fresh, 3, 2));
}

TEST(LeafSums, GivesAlignedVectors) {
  const std::vector<std::int64_t> counts = {5};
  LeafSums sums(kSize, 5, counts, {1, 0, 3});
  sums.begin(5);
  for (int thread = 0; thread < 3; ++thread) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(sums.next_leaf(thread)) % kAlignmentBytes, 0U);
  }
}

TEST(AddVectors, AddsWithinTheRangeOnly) {
  std::vector<float> into = {1, 2, 3, 4};
  const std::vector<float> from = {10, 20, 30, 40};
  add_vectors(into.data(), from.data(), {1, 3});
  EXPECT_EQ(into, (std::vector<float>{1, 22, 33, 4}));
}

}  // namespace
}  // namespace tally
