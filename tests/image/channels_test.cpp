// SPDX-License-Identifier: MIT
#include "tally/image/channels.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Channels, GreyIsWhatTheEyeSees) {
  EXPECT_EQ(grey_of(Bytes{7}), 7);
  EXPECT_EQ(grey_of(Bytes{255, 255, 255}), 255);
  EXPECT_EQ(grey_of(Bytes{255, 0, 0}), 76);   // 0.299 of 255
  EXPECT_EQ(grey_of(Bytes{0, 255, 0}), 150);  // 0.587
  EXPECT_EQ(grey_of(Bytes{0, 0, 255}), 29);   // 0.114
}

TEST(Channels, WhatIsTransparentIsBlack) {
  EXPECT_EQ(grey_of(Bytes{200, 0}), 0);
  EXPECT_EQ(grey_of(Bytes{200, 255}), 200);
  EXPECT_EQ(grey_of(Bytes{200, 200, 200, 51}), 40);
}

TEST(Channels, AGreyImageIsShownByAnyNumberOfChannels) {
  GreyImage image(2, 1);
  image.pixels = {9, 250};
  EXPECT_EQ(with_channels(image, 1), (Bytes{9, 250}));
  EXPECT_EQ(with_channels(image, 2), (Bytes{9, 255, 250, 255}));
  EXPECT_EQ(with_channels(image, 3), (Bytes{9, 9, 9, 250, 250, 250}));
  EXPECT_EQ(with_channels(image, 4), (Bytes{9, 9, 9, 255, 250, 250, 250, 255}));
  for (std::size_t channels = 1; channels <= 4; ++channels) {
    const Bytes pixels = with_channels(image, channels);
    EXPECT_EQ(grey_of(std::span(pixels).last(channels)), 250);
  }
}

}  // namespace
}  // namespace tally
