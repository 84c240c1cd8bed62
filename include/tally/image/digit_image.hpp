// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/image/grey_image.hpp"
#include "tally/image/work_budget.hpp"

// A drawing brought to the form in which MNIST shows its digits (LeCun et al., 1998): the longer
// side of the ink is 20 pixels, anti-aliased, and its centre of mass lies on pixel (14, 14) of
// 28 x 28. What has that form already comes out as it is, byte for byte.
namespace tally {

inline constexpr int kDigitSide = 28;
inline constexpr int kDigitBoxSide = 20;
inline constexpr int kDigitCentre = 14;

/// Every step from the ink of a digit to its image.
struct PreparedDigit {
  Box box;            ///< of the ink on the page
  GreyImage cropped;  ///< the ink in the box, at the page's resolution
  GreyImage resized;  ///< the same with a longer side of 20
  GreyImage digit;    ///< 28 x 28, ink = 255
};

/// What was found on a page.
struct PreparedPage {
  GreyImage ink;  ///< as large as the page; 0 = paper, 255 = full ink, without specks
  std::vector<PreparedDigit> digits;  ///< in reading order; none if the page has no ink
};

/// Whether all strokes on a page are of one digit.
enum class Digits { kOne, kSeveral };

/// Prepares what is on `page` (brightness). Throws an Error that begins with `name` if that takes
/// far more work than writing does.
PreparedPage prepare_page(GreyImage page, Digits digits, const std::string& name = "the page");

/// The same, with a budget of your own.
PreparedPage prepare_page(GreyImage page, Digits digits, WorkBudget& budget);

/// Prepares the one drawing on `page`; nothing if the page has no ink.
std::optional<PreparedDigit> prepare_digit(GreyImage page, const std::string& name = "the page");

/// Ink scaled to a longer side of 20, by area when it shrinks; the shorter side is at least 1.
GreyImage resized_to_digit_box(const GreyImage& ink);

/// Ink of at most 20 x 20 moved by whole pixels onto 28 x 28, so that its centre of mass rounds to
/// (14, 14). Nothing is cut off: where the digit would leave the image, the centre gives way.
GreyImage centred(const GreyImage& ink);

/// The last steps of preparing, for ink of one drawing with nothing else on its page. There must be
/// ink of at least kStrokeInk.
GreyImage digit_of_ink(const GreyImage& ink);

/// One step as a picture, to be shown under that name.
struct Stage {
  std::string_view name;
  const GreyImage* image;
};

/// The steps of a page, decoded: "1-page" and "2-ink".
std::array<Stage, 2> page_stages(const GreyImage& page, const PreparedPage& prepared);

/// The steps of a digit on it: "3-cropped", "4-resized", "5-digit".
std::array<Stage, 3> digit_stages(const PreparedDigit& digit);

}  // namespace tally
