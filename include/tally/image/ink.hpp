// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "tally/image/grey_image.hpp"

// The ink of a drawing, apart from its paper: dark on light or light on dark, under uneven light,
// in pencil or pen.
namespace tally {

/// The least ink of a stroke, where full ink is 255; weaker pixels are its fading edge.
inline constexpr int kStrokeInk = 12;

struct Ink {
  GreyImage map;  ///< as large as the page; 0 = paper, 255 = full ink
  Box box;        ///< the smallest one that holds all ink of `map`
};

/// Finds the ink of one drawing on `page` and drops specks and noise. Nothing if there is none: the
/// page is blank, of one tone or shading, or has noise only.
std::optional<Ink> find_ink(GreyImage page);

/// Scales `ink` so that full ink is 255, unless it is close to that already. Full ink is its
/// strongest value, but for one in 500 of the inked pixels.
void stretch_to_full_ink(GreyImage& ink);

}  // namespace tally
