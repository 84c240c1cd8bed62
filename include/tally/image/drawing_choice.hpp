// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tally/image/grey_image.hpp"
#include "tally/image/ink_parts.hpp"
#include "tally/image/work_budget.hpp"

// Which of the connected parts of the ink on a page are the drawing: the strokes that belong
// together, without specks, smudges and noise.
namespace tally {

/// For each part whether it belongs to the drawing. `page_side` is the longer side of the page, and
/// `threshold` the least ink of a part's pixels. All false if no part stands out from the others,
/// the page and the threshold: then they are noise. Throws an Error if that takes more work than
/// writing does.
std::vector<bool> choose_drawing(const std::vector<InkPart>& parts, int page_side, int threshold,
                                 WorkBudget& budget);

/// For each part whether it may be a stroke of one of several digits: all but specks and smudges.
/// All false if the parts are noise.
std::vector<bool> choose_strokes(const std::vector<InkPart>& parts, int page_side, int threshold,
                                 WorkBudget& budget);

/// The box of the chosen parts; empty if there are none.
Box chosen_box(const std::vector<InkPart>& parts, const std::vector<bool>& is_chosen);

}  // namespace tally
