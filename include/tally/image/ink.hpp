// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tally/image/grey_image.hpp"
#include "tally/image/ink_parts.hpp"

// The ink of a drawing, apart from its paper: dark on light or light on dark, under uneven light,
// in pencil or pen.
namespace tally {

/// The least ink of a stroke, where full ink is 255; weaker pixels are its fading edge.
inline constexpr int kStrokeInk = 12;

struct Ink {
  GreyImage map;               ///< as large as the page; 0 = paper, 255 = full ink
  std::vector<CutInk> digits;  ///< each alone, in reading order; none if the page has no ink
};

/// Finds the ink of one drawing on `page` and drops specks and noise. There is none if the page is
/// blank, of one tone or shading, or has noise only.
Ink find_drawing(GreyImage page, WorkBudget& budget);

/// Finds the ink of each digit on `page` in the same way (digit_groups.hpp says what is one).
Ink find_digits(GreyImage page, WorkBudget& budget);

/// Scales `ink` so that full ink is 255, unless it is close to that already. Full ink is its
/// strongest value, but for one in 500 of the inked pixels.
void stretch_to_full_ink(GreyImage& ink);

}  // namespace tally
