// SPDX-License-Identifier: MIT
#pragma once

#include "predictor.hpp"
#include "tally/image/canvas.hpp"

namespace tally {

/// The picture of a page on a sheet: small, whatever the page is.
class PagePicture {
 public:
  explicit PagePicture(const GreyImage& page);

  /// With a frame around `box` of the page, unless that is empty.
  [[nodiscard]] GreyImage with_frame(const Box& box) const;

 private:
  Canvas canvas_;
  Box place_;
  double scale_ = 1;
};

/// A sheet of what was read, one strip per answer: the page with the box, the 28 x 28 image that
/// the network saw, a bar per class. `more` answers are counted only.
GreyImage prediction_sheet(const std::vector<Prediction>& predictions, std::size_t more);

/// More strips would make a sheet that is hard to open.
inline constexpr std::size_t kMostStrips = 400;

}  // namespace tally
