// SPDX-License-Identifier: MIT
#include "predict/page_picture.hpp"

#include <cmath>

namespace tally {

PagePicture::PagePicture(const GreyImage& page)
    : canvas_(kSide, kSide), place_(canvas_.picture(page, canvas_.image().box())) {
  if (page.width > 0) scale_ = static_cast<double>(place_.width) / page.width;
}

GreyImage PagePicture::with_frame(const Box& box) const {
  Canvas canvas = canvas_;
  if (box.width > 0) {
    const auto scaled = [this](int length) {
      return static_cast<int>(std::lround(scale_ * length));
    };
    canvas.frame({place_.x + scaled(box.x), place_.y + scaled(box.y), scaled(box.width),
                  scaled(box.height)});
  }
  return cropped(canvas.image(), place_);
}

}  // namespace tally
