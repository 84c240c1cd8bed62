// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/index.hpp"

// Private to layer core.
namespace tally {

/// A product whose depth has two levels, as that of a convolution has: rows of a window, and what
/// lies side by side in one. Element (i, j) is one chain of fused multiply-adds, over a < outer and
/// in it b < inner, of left[i * left_step + a * left_outer + b * left_inner]
/// and right[a * right_outer + b * right_inner + j].
struct NestedProduct {
  Index rows, columns;  // columns: whole vectors
  Index outer, inner;
  const float* left;
  Index left_step, left_outer, left_inner;
  const float* right;
  Index right_outer, right_inner;
  float* product;
  Index product_stride;
  bool is_continued;  // the chains begin with what the product holds, else with 0
};

void multiply_nested(const NestedProduct& product);

}  // namespace tally
