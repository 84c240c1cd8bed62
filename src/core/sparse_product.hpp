// SPDX-License-Identifier: MIT
#pragma once

#include "product_strip.hpp"

// Products that leave out what is 0 in their left operand. Private to layer core.
namespace tally {

/// Whether so much of a left operand, as it lies in memory, is 0 that leaving it out is faster.
/// Looks at a few rows: the answer is a function of the values, and changes no bits.
bool is_mostly_zero(const float* left, Index rows, Index columns);

/// Whether there is such a product for this depth and these columns.
bool has_sparse_product(LeftOrder order, Index depth, Index columns);

/// `strip` is the whole product, of `columns` columns; its sum is kNew, or kAdded by depth.
void multiply_sparse(LeftOrder order, const Strip& strip, Index columns);

}  // namespace tally
