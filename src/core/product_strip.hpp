// SPDX-License-Identifier: MIT
#pragma once

#include "simd.hpp"

// The innermost part of Tally's own products: a strip of up to three vectors of columns, in blocks
// of rows whose sums stay in registers. Each element of a product is one chain of fused
// multiply-adds from 0 in the order of the depth, whatever the blocks and the width of vectors.
// Private to layer core.
namespace tally {

/// Where element (row, l) of the left operand lies: at row * stride + l, or at l * stride + row.
enum class LeftOrder { kByRow, kByDepth };

/// What happens to what the product holds: it is replaced, it is the sum so far, which goes on, or
/// the sum is added to it in the end.
enum class Sum { kNew, kContinued, kAdded };

struct Strip {
  Index rows, depth;
  const float* left;
  Index left_stride;
  const float* right;
  Index right_stride;
  float* product;
  Index product_stride;
  Sum sum;
};

template <Index kRows, Index kVectors, LeftOrder kOrder>
[[gnu::always_inline]] inline void multiply_block(const Strip& strip, Index row) {
  using namespace simd;
  const float* left = strip.left + (kOrder == LeftOrder::kByRow ? row * strip.left_stride : row);
  float* product = strip.product + row * strip.product_stride;
  const auto place = [&](Index i, Index j) {
    return product + i * strip.product_stride + j * kLanes;
  };
  Vector sums[kRows][kVectors];
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kVectors; ++j) {
      sums[i][j] = strip.sum == Sum::kContinued ? load(place(i, j)) : zero();
    }
  }
  for (Index l = 0; l < strip.depth; ++l) {
    Vector right[kVectors];
    for (Index j = 0; j < kVectors; ++j) {
      right[j] = load(strip.right + l * strip.right_stride + j * kLanes);
    }
    for (Index i = 0; i < kRows; ++i) {
      const Vector factor =
          broadcast(kOrder == LeftOrder::kByRow ? left + i * strip.left_stride + l
                                                : left + l * strip.left_stride + i);
      for (Index j = 0; j < kVectors; ++j) {
        sums[i][j] = multiply_add(factor, right[j], sums[i][j]);
      }
    }
  }
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kVectors; ++j) {
      const bool is_added = strip.sum == Sum::kAdded;
      store(place(i, j), is_added ? add(load(place(i, j)), sums[i][j]) : sums[i][j]);
    }
  }
}

/// Blocks of kRows from `row` on, then of half as many, down to single rows.
template <Index kRows, Index kVectors, LeftOrder kOrder>
void multiply_strip(const Strip& strip, Index row = 0) {
  for (; row + kRows <= strip.rows; row += kRows) {
    multiply_block<kRows, kVectors, kOrder>(strip, row);
  }
  if constexpr (kRows > 1) {
    if (row < strip.rows) multiply_strip<kRows / 2, kVectors, kOrder>(strip, row);
  }
}

}  // namespace tally
