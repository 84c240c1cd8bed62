// SPDX-License-Identifier: MIT
#include "tally/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace tally {
namespace {

// Known answers of Philox4x32-10 from the Random123 distribution (tests/kat_vectors): counter and
// key all zero. Our streams with seed 0 reach that counter only with a purpose of 0.
TEST(RandomStream, IsPhilox) {
  RandomStream stream(0, Purpose{0});
  EXPECT_EQ(stream.next(), 0x6627e8d5U);
  EXPECT_EQ(stream.next(), 0xe169c58dU);
  EXPECT_EQ(stream.next(), 0xbc57ac4cU);
  EXPECT_EQ(stream.next(), 0x9b00dbd8U);
}

TEST(RandomStream, DiffersByEveryPartOfItsKey) {
  const auto first = [](RandomStream stream) { return stream.next(); };
  const std::vector<std::uint32_t> values = {
      first({1, Purpose::kInitialize}),          first({2, Purpose::kInitialize}),
      first({1ULL << 32, Purpose::kInitialize}), first({1, Purpose::kHoldOut}),
      first({1, Purpose::kInitialize, 1}),       first({1, Purpose::kInitialize, 0, 1}),
  };
  for (std::size_t a = 0; a < values.size(); ++a) {
    for (std::size_t b = a + 1; b < values.size(); ++b) EXPECT_NE(values[a], values[b]) << a << b;
  }
}

TEST(RandomStream, DiffersByThePositionOfALayer) {
  const auto first = [](Purpose purpose) { return RandomStream(1, purpose).next(); };
  EXPECT_NE(first(at_position(Purpose::kDropOut, 0)), first(Purpose::kDropOut));
  EXPECT_NE(first(at_position(Purpose::kDropOut, 0)), first(at_position(Purpose::kDropOut, 1)));
  EXPECT_NE(first(at_position(Purpose::kDropOut, 0)), first(at_position(Purpose::kDeal, 0)));
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream stream(7, Purpose::kEpochOrder);
  std::map<std::uint32_t, int> counts;
  constexpr int kDraws = 60000;
  for (int i = 0; i < kDraws; ++i) ++counts[stream.below(6)];
  ASSERT_EQ(counts.size(), 6U);
  double chi_square = 0;
  for (const auto& [value, count] : counts) {
    EXPECT_LT(value, 6U);
    chi_square += std::pow(count - kDraws / 6.0, 2) / (kDraws / 6.0);
  }
  EXPECT_LT(chi_square, 20.5);  // 99.9 % point for 5 degrees of freedom
}

TEST(RandomStream, UniformStaysBelowOne) {
  RandomStream stream(7, Purpose::kInitialize);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);
}

TEST(Shuffle, IsAPermutationThatTheKeyFixes) {
  const auto permuted = [](std::uint64_t seed) {
    std::vector<std::uint32_t> items(1000);
    std::iota(items.begin(), items.end(), 0U);
    RandomStream stream(seed, Purpose::kDeal);
    shuffle(std::span(items), stream);
    return items;
  };
  EXPECT_EQ(permuted(1), permuted(1));
  EXPECT_NE(permuted(1), permuted(2));
  auto sorted = permuted(1);
  EXPECT_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(sorted[i], i);
}

// Pinned: another order would make every earlier run impossible to resume.
TEST(Shuffle, NeverChanges) {
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7};
  RandomStream stream(42, Purpose::kEpochOrder, 3, 1);
  shuffle(std::span(items), stream);
  EXPECT_EQ(items, (std::vector<int>{3, 2, 5, 1, 7, 0, 6, 4}));
}

}  // namespace
}  // namespace tally
