// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "tally/image/grey_image.hpp"

// How a camera was held: the eight orientations of EXIF (tag 0x0112), whose stored rows and columns
// begin at the named sides of the scene.
namespace tally {

enum class Orientation : int {
  kTopLeft = 1,  ///< upright
  kTopRight = 2,
  kBottomRight = 3,
  kBottomLeft = 4,
  kLeftTop = 5,
  kRightTop = 6,  ///< to be turned clockwise by a quarter, the commonest one of telephones
  kRightBottom = 7,
  kLeftBottom = 8,
};

/// What an EXIF block (from "Exif" on, as it stands in a JPEG's APP1) says; upright if it is empty,
/// damaged, says nothing or a number out of range.
Orientation exif_orientation(std::span<const std::byte> exif);

/// The image as the scene was seen.
GreyImage upright(GreyImage image, Orientation orientation);

}  // namespace tally
