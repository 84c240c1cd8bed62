// SPDX-License-Identifier: MIT
#include "tally/parallel/packing.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

// In blocks whose ends fall into rows, gaps and between them.
TEST(Packing, BringsBackWhatItPacksWithZerosInTheGaps) {
  constexpr std::int64_t kSize = 96;
  const std::vector<Range> rows = {{0, 10}, {16, 26}, {32, 42}, {48, 80}, {85, 86}};
  const Packing packing(kSize, rows);
  EXPECT_EQ(packing.size(), 64);  // 63 values
  std::vector<float> vector(kSize), expected(kSize);
  for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = static_cast<float>(i + 1);
  for (const Range& row : rows) {
    for (auto i = row.begin; i < row.end; ++i) {
      expected[static_cast<std::size_t>(i)] = vector[static_cast<std::size_t>(i)];
    }
  }
  for (std::int64_t block_size = 1; block_size <= kSize; ++block_size) {
    std::vector<float> packed(64, -1), found(kSize, -1);
    for (std::int64_t begin = 0; begin < kSize; begin += block_size) {
      packing.pack(vector.data() + begin, {begin, std::min(begin + block_size, kSize)},
                   packed.data());
    }
    EXPECT_EQ(packed[10], 17);
    EXPECT_EQ(packed[62], 86);
    for (std::int64_t begin = 0; begin < kSize; begin += block_size) {
      packing.unpack(packed.data(), {begin, std::min(begin + block_size, kSize)},
                     found.data() + begin);
    }
    ASSERT_EQ(found, expected) << block_size;
  }
}

TEST(Packing, LeavesAVectorWithoutGapsAsItIs) {
  const std::vector<float> vector = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const Packing packing(16, {});
  std::vector<float> packed(16);
  packing.pack(vector.data(), {0, 16}, packed.data());
  EXPECT_EQ(packed, vector);
}

}  // namespace
}  // namespace tally
