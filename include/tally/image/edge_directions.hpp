// SPDX-License-Identifier: MIT
#pragma once

#include "tally/image/grey_image.hpp"

namespace tally {

inline constexpr int kEdgeDirections = 8;
inline constexpr int kEdgeCells = 7;  ///< on each side of a digit, of 4 x 4 pixels
inline constexpr int kEdgeValues = kEdgeDirections * kEdgeCells * kEdgeCells;

/// Where a digit (28 x 28) has edges of which direction: for each of 7 x 7 cells a histogram of the
/// directions of the gradient, each pixel shared among its nearest two directions and four cells
/// (after Dalal, Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005). The
/// whole has length 1, and its values stand as their square roots times 240. Row 7 d + r has the
/// cells of row r and direction d: an image of 7 x 56.
GreyImage edge_directions(const GreyImage& digit);

}  // namespace tally
