// SPDX-License-Identifier: MIT
#include "tally/core/aligned_vector.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(AlignedVector, BeginsAtAMultipleOf64Bytes) {
  for (std::size_t size = 1; size < 100; ++size) {
    const AlignedVector vector(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(vector.data()) % 64, 0U);
  }
}

TEST(AlignedSize, IsTheNextMultipleOf16Floats) {
  EXPECT_EQ(aligned_size(0), 0U);
  EXPECT_EQ(aligned_size(1), 16U);
  EXPECT_EQ(aligned_size(16), 16U);
  EXPECT_EQ(aligned_size(17), 32U);
}

TEST(RowSize, HoldsTheColumnsAndKeepsRowsAligned) {
  for (std::size_t columns = 1; columns < 200; ++columns) {
    EXPECT_GE(row_size(columns), columns);
    EXPECT_LT(row_size(columns), columns + kRowElements);
    EXPECT_EQ(row_size(columns) % kRowElements, 0U);
  }
}

}  // namespace
}  // namespace tally
