// SPDX-License-Identifier: MIT
#pragma once

#include "tally/image/canvas.hpp"

namespace tally {

/// The picture of a page: small, whatever the page is, and made small once.
class PagePicture {
 public:
  static constexpr int kSide = 168;  ///< its longer one at most, six times 28

  explicit PagePicture(const GreyImage& page);

  /// With a frame around `box` of the page, unless that is empty.
  [[nodiscard]] GreyImage with_frame(const Box& box) const;

 private:
  Canvas canvas_;
  Box place_;
  double scale_ = 1;
};

}  // namespace tally
