// SPDX-License-Identifier: MIT
#include "predict/page_picture.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::uint8_t kGrey = 200;

TEST(PagePicture, IsSmallWhateverThePageIs) {
  const GreyImage picture = PagePicture(GreyImage(1680, 840, kGrey)).with_frame({});
  EXPECT_EQ(picture.width, PagePicture::kSide);
  EXPECT_EQ(picture.height, PagePicture::kSide / 2);
  EXPECT_EQ(picture.pixels, GreyImage(picture.width, picture.height, kGrey).pixels);
}

TEST(PagePicture, HasABlackLineAroundTheBox) {
  const GreyImage picture =
      PagePicture(GreyImage(1680, 840, kGrey)).with_frame({400, 200, 100, 50});
  EXPECT_EQ(picture.at(39, 19), 0);  // a pixel outside of 40, 20
  EXPECT_EQ(picture.at(50, 25), 0);
  EXPECT_EQ(picture.at(40, 20), kGrey);
  EXPECT_EQ(picture.at(38, 18), 255);
}

TEST(PagePicture, HasNoFrameOfAnEarlierBox) {
  const PagePicture page(GreyImage(336, 336, kGrey));
  const GreyImage first = page.with_frame({20, 20, 40, 40});
  const GreyImage second = page.with_frame({200, 200, 40, 40});
  EXPECT_EQ(first.at(9, 9), 0);
  EXPECT_EQ(second.at(9, 9), kGrey);
}

}  // namespace
}  // namespace tally
