// SPDX-License-Identifier: MIT
#pragma once

#include "tally/image/grey_image.hpp"

// The printed lines of ruled and squared paper, which are neither paper nor drawing.
namespace tally {

/// Erases from `ink` (0 = paper), whose strongest pixel is `contrast`, thin straight lines from one
/// side of the page to the other, level or upright within four degrees: three and more of any
/// strength, or fewer that are much weaker than the rest. Strokes that cross them stay whole.
/// Returns whether there were any.
bool erase_ruling(GreyImage& ink, int contrast);

}  // namespace tally
