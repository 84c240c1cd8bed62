// SPDX-License-Identifier: MIT
#include "tally/image/grey_image.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Cropped, TakesTheBoxAlone) {
  GreyImage image(4, 3);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 4; ++x) image.at(x, y) = static_cast<std::uint8_t>(10 * y + x);
  }
  const GreyImage part = cropped(image, {1, 1, 2, 2});
  EXPECT_EQ(part.width, 2);
  EXPECT_EQ(part.pixels, (std::vector<std::uint8_t>{11, 12, 21, 22}));
  EXPECT_EQ(cropped(image, image.box()), image);
}

TEST(United, HoldsBothAndIgnoresEmptyBoxes) {
  EXPECT_EQ(united({1, 2, 3, 4}, {10, 0, 1, 1}), (Box{1, 0, 10, 6}));
  EXPECT_EQ(united({}, {10, 5, 1, 1}), (Box{10, 5, 1, 1}));
  EXPECT_EQ(united({10, 5, 1, 1}, {}), (Box{10, 5, 1, 1}));
}

TEST(Grown, StopsAtTheBounds) {
  EXPECT_EQ(grown({5, 5, 2, 2}, 3, {0, 0, 100, 100}), (Box{2, 2, 8, 8}));
  EXPECT_EQ(grown({1, 0, 9, 10}, 3, {0, 0, 10, 10}), (Box{0, 0, 10, 10}));
}

}  // namespace
}  // namespace tally
