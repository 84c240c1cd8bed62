// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "dice.hpp"

// The strokes of random figures, of any size and place. Private to layer image.
namespace tally {

struct PenPoint {
  double x = 0;
  double y = 0;  ///< down
  friend PenPoint operator+(PenPoint a, PenPoint b) { return {a.x + b.x, a.y + b.y}; }
  friend PenPoint operator-(PenPoint a, PenPoint b) { return {a.x - b.x, a.y - b.y}; }
  friend PenPoint operator*(double s, PenPoint a) { return {s * a.x, s * a.y}; }
};

using PenStroke = std::vector<PenPoint>;

/// One or more strokes of two or more points each.
std::vector<PenStroke> random_strokes(Dice& dice);

}  // namespace tally
