// SPDX-License-Identifier: MIT
#include "tally/image/pen_figure.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "page_fixture.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/digit_variation.hpp"

namespace tally {
namespace {

GreyImage figure(std::uint32_t item) {
  RandomStream stream(1, Purpose::kFigure, 0, item);
  return pen_figure(stream);
}

GreyImage varied(const GreyImage& digit, std::uint32_t item) {
  RandomStream stream(1, Purpose::kVariation, 0, item);
  return varied_digit(digit, stream);
}

void expect_prepared(const GreyImage& digit) {
  ASSERT_EQ(digit.width, kDigitSide);
  ASSERT_EQ(digit.height, kDigitSide);
  const Box box = inked_box(digit);
  EXPECT_EQ(std::max(box.width, box.height), kDigitBoxSide);
  EXPECT_EQ(centred(cropped(digit, box)), digit);
  EXPECT_GE(*std::ranges::max_element(digit.pixels), 250);
}

double overlap(const GreyImage& a, const GreyImage& b) {
  double common = 0, both = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    common += std::min(a.pixels[i], b.pixels[i]);
    both += std::max(a.pixels[i], b.pixels[i]);
  }
  return common / both;
}

TEST(PenFigure, IsPreparedAsADigitIs) {
  for (std::uint32_t item = 0; item < 2'000; ++item) {
    SCOPED_TRACE(item);
    const GreyImage image = figure(item);
    ASSERT_EQ(image.box(), (Box{0, 0, kDigitSide, kDigitSide}));
    const Box box = inked_box(image);
    EXPECT_EQ(centred(cropped(image, box)), image);
    EXPECT_LE(std::max(box.width, box.height), kDigitBoxSide);
    EXPECT_GE(std::max(box.width, box.height), kDigitBoxSide - 1);  // its edge may fade to nothing
  }
}

TEST(PenFigure, IsAFunctionOfItsStreamAndAlwaysAnother) {
  std::set<std::vector<std::uint8_t>> seen;
  for (std::uint32_t item = 0; item < 500; ++item) seen.insert(figure(item).pixels);
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_EQ(figure(7), figure(7));
}

TEST(PenFigure, HasThinAndThickAndFullOnes) {
  int thin = 0, full = 0;
  for (std::uint32_t item = 0; item < 500; ++item) {
    const GreyImage image = figure(item);
    const auto inked = std::ranges::count_if(image.pixels, [](int ink) { return ink > 127; });
    thin += inked < 60 ? 1 : 0;
    full += inked > 160 ? 1 : 0;
  }
  EXPECT_GT(thin, 25);
  EXPECT_GT(full, 25);
}

TEST(VariedDigit, IsPreparedAgainAndStaysLikeTheDigit) {
  const GreyImage digit = digit_of_ink(seven(100, 100, 20, 20, 60, 9));
  expect_prepared(digit);
  double least = 1, mean = 0;
  constexpr std::uint32_t kCount = 500;
  for (std::uint32_t item = 0; item < kCount; ++item) {
    SCOPED_TRACE(item);
    const GreyImage other = varied(digit, item);
    ASSERT_EQ(other.box(), (Box{0, 0, kDigitSide, kDigitSide}));
    EXPECT_NE(other, digit);
    const double share = overlap(digit, other);
    least = std::min(least, share);
    mean += share / kCount;
  }
  EXPECT_GT(least, 0.1);
  EXPECT_GT(mean, 0.4);
  EXPECT_LT(mean, 0.8);
  EXPECT_EQ(varied(digit, 3), varied(digit, 3));
}

}  // namespace
}  // namespace tally
