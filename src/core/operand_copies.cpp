// SPDX-License-Identifier: MIT
#include "operand_copies.hpp"

#include <algorithm>

#include <immintrin.h>

namespace tally {
namespace {

constexpr Index kTile = 4;

// Without tiles a copy for 32 rows takes half as long as their product.
void transpose_tile(const CopySource& from, const CopyTarget& to) {
  __m128 a = _mm_loadu_ps(from.values);
  __m128 b = _mm_loadu_ps(from.values + from.stride);
  __m128 c = _mm_loadu_ps(from.values + 2 * from.stride);
  __m128 d = _mm_loadu_ps(from.values + 3 * from.stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to.values, a);
  _mm_storeu_ps(to.values + to.stride, b);
  _mm_storeu_ps(to.values + 2 * to.stride, c);
  _mm_storeu_ps(to.values + 3 * to.stride, d);
}

}  // namespace

void copy_rows(const CopySource& from, Index rows, Index columns, const CopyTarget& to) {
  for (Index i = 0; i < rows; ++i) {
    std::copy_n(from.values + i * from.stride, columns, to.values + i * to.stride);
  }
}

void copy_transposed(const CopySource& from, Index rows, Index columns, const CopyTarget& to) {
  const Index tiled_rows = rows / kTile * kTile;
  const Index tiled_columns = columns / kTile * kTile;
  for (Index i = 0; i < tiled_rows; i += kTile) {
    for (Index j = 0; j < tiled_columns; j += kTile) {
      transpose_tile({from.values + i * from.stride + j, from.stride},
                     {to.values + j * to.stride + i, to.stride});
    }
  }
  for (Index i = 0; i < rows; ++i) {
    for (Index j = i < tiled_rows ? tiled_columns : 0; j < columns; ++j) {
      to.values[j * to.stride + i] = from.values[i * from.stride + j];
    }
  }
}

}  // namespace tally
