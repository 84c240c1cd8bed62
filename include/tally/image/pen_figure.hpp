// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/random.hpp"
#include "tally/image/grey_image.hpp"

// What people draw that is no digit, for networks that are to tell it from digits: networks which
// have never seen anything else call it a digit (Hendrycks, Mazeika, Dietterich, "Deep Anomaly
// Detection with Outlier Exposure", ICLR 2019).
namespace tally {

/// A random figure of a pen, prepared as digits are (28 x 28): strokes between the points of a
/// lattice, as in letters; stems and bowls; polygons and stars, outlined or filled; ellipses and
/// arcs; scribbles, zigzags, loops and hatching; rays. By chance a few look like digits.
GreyImage pen_figure(RandomStream& stream);

}  // namespace tally
