// SPDX-License-Identifier: MIT
#pragma once

#include "common/predictor.hpp"

namespace tally {

/// The picture of a page on a sheet, with a frame around `box` unless that is empty. Small,
/// whatever the page is.
GreyImage page_picture(const GreyImage& page, const Box& box);

/// A sheet of what was read, one strip per answer: the page with the box, the 28 x 28 image that
/// the network saw, a bar per class. `more` answers are counted only.
GreyImage prediction_sheet(const std::vector<Prediction>& predictions, std::size_t more);

/// More strips would make a sheet that is hard to open.
inline constexpr std::size_t kMostStrips = 400;

}  // namespace tally
