// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "tally/image/grey_image.hpp"

// A drawing brought to the form in which MNIST shows its digits (LeCun et al., 1998): the longer
// side of the ink is 20 pixels, anti-aliased, and its centre of mass lies on pixel (14, 14) of
// 28 x 28. What has that form already comes out as it is, byte for byte.
namespace tally {

inline constexpr int kDigitSide = 28;
inline constexpr int kDigitBoxSide = 20;
inline constexpr int kDigitCentre = 14;

/// Every step from the page to the digit.
struct Preparation {
  Box box;            ///< of the ink on the page
  GreyImage ink;      ///< the whole page; 0 = paper, 255 = full ink, without specks
  GreyImage cropped;  ///< the ink in the box, at the page's resolution
  GreyImage resized;  ///< the same with a longer side of 20
  GreyImage digit;    ///< 28 x 28, ink = 255
};

/// Prepares the one drawing on `page` (brightness); nothing if the page has no ink.
std::optional<Preparation> prepare_digit(GreyImage page);

/// Ink scaled to a longer side of 20, by area when it shrinks; the shorter side is at least 1.
GreyImage resized_to_digit_box(const GreyImage& ink);

/// Ink of at most 20 x 20 moved by whole pixels onto 28 x 28, so that its centre of mass rounds to
/// (14, 14). Nothing is cut off: where the digit would leave the image, the centre gives way.
GreyImage centred(const GreyImage& ink);

/// One step as a picture, to be shown under that name.
struct Stage {
  std::string_view name;
  const GreyImage* image;
};

/// The steps in order, from the decoded page on: "1-page" ... "5-digit".
std::array<Stage, 5> stages(const GreyImage& page, const Preparation& preparation);

}  // namespace tally
