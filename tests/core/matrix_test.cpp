// SPDX-License-Identifier: MIT
#include "tally/core/matrix.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(MatrixView, ViewsRowMajor) {
  AlignedVector memory = {1, 2, 3, 4, 5, 6};
  const MatrixView matrix = matrix_view(memory.data(), 2, 3);
  EXPECT_EQ(matrix(0, 2), 3);
  EXPECT_EQ(matrix(1, 0), 4);
}

TEST(MatrixView, RefusesMisalignedMemory) {
  AlignedVector memory(32);
  for (int offset = 1; offset < 16; ++offset) {
    EXPECT_THROW(matrix_view(memory.data() + offset, 1, 1), std::logic_error) << offset;
  }
  EXPECT_NO_THROW(matrix_view(memory.data() + kAlignmentElements, 1, 1));
}

TEST(AlignedVector, StartsAtAMultipleOf64Bytes) {
  for (const std::size_t size : {1, 3, 17, 1000}) {
    const AlignedVector memory(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % kAlignmentBytes, 0U);
  }
}

TEST(AlignedSize, RoundsUpToWholeBlocks) {
  EXPECT_EQ(aligned_size(0), 0U);
  EXPECT_EQ(aligned_size(1), 16U);
  EXPECT_EQ(aligned_size(16), 16U);
  EXPECT_EQ(aligned_size(17), 32U);
}

// Whole vectors, so that no row of a product has an end that needs care.
TEST(RowSize, IsAWholeNumberOfVectors) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  EXPECT_EQ(row_size(100), 104U);
#else
  EXPECT_EQ(row_size(100), 112U);
#endif
  EXPECT_EQ(row_size(112), 112U);
}

}  // namespace
}  // namespace tally
