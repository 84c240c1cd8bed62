// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tally/image/ink_parts.hpp"
#include "tally/image/work_budget.hpp"

// Which parts of the ink on a page make up which digit, where the page has several: a five with its
// bar apart and a broken stroke are one digit, neighbours are two.
namespace tally {

/// The parts of each digit. Digits are in reading order: row by row from the top, from left to
/// right. Only parts with `is_stroke` are used, and what is too small beside the others is dropped.
/// Throws an Error if that takes more work than writing does.
std::vector<std::vector<int>> group_digits(const InkParts& found,
                                           const std::vector<bool>& is_stroke, WorkBudget& budget);

/// Boxes in reading order, as indices. A row is where neighbours share half their height, so that
/// a line of writing may slope.
std::vector<int> reading_order(const std::vector<Box>& boxes, WorkBudget& budget);

}  // namespace tally
