// SPDX-License-Identifier: MIT
#include "tally/core/large_array.hpp"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(LargeArray, IsZeroAndBeginsAtALargePage) {
  LargeArray<std::uint8_t> array(5'000'001);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % (std::size_t{1} << 21), 0U);
  EXPECT_EQ(std::ranges::count(array, 0), 5'000'001);
  array.back() = 1;
  EXPECT_EQ(array[5'000'000], 1);
}

TEST(LargeArray, KeepsItsElementsWhenItGrows) {
  LargeArray<std::uint32_t> array;
  for (std::uint32_t i = 0; i < 100'000; ++i) array.push_back(i);
  for (std::uint32_t i = 0; i < 100'000; ++i) ASSERT_EQ(array[i], i);
}

TEST(LargePages, RefuseMoreThanThereAreAddresses) {
  EXPECT_THROW(LargePages::take(std::size_t{1} << 60), std::bad_alloc);
}

}  // namespace
}  // namespace tally
