// SPDX-License-Identifier: MIT
#include "tally/image/ruling.hpp"

#include <gtest/gtest.h>

#include "page_fixture.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/ink_parts.hpp"

namespace tally {
namespace {

constexpr int kWidth = 400;
constexpr int kHeight = 300;

/// Lines of that strength over the whole page, `spacing` apart, falling by `slope`.
GreyImage lines(double spacing, double slope, int strength, bool is_upright = false) {
  GreyImage ink(kWidth, kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double across = is_upright ? x + slope * y : y - slope * x;
      const double off = std::abs(std::remainder(across - spacing / 2, spacing));
      ink.at(x, y) = static_cast<std::uint8_t>(strength * std::clamp(1.5 - off, 0.0, 1.0));
    }
  }
  return ink;
}

GreyImage stronger(GreyImage a, const GreyImage& b) {
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    a.pixels[i] = std::max(a.pixels[i], b.pixels[i]);
  return a;
}

TEST(EraseRuling, LeavesTheDrawingOnRuledPaper) {
  const GreyImage drawing = seven(kWidth, kHeight, 140, 70, 150, 16);
  for (const double slope : {0.0, 0.013, -0.03}) {
    GreyImage ink = stronger(drawing, lines(37, slope, 100));
    EXPECT_TRUE(erase_ruling(ink, 255));
    EXPECT_LT(mean_difference(ink, drawing), 0.4) << slope;
  }
}

TEST(EraseRuling, LeavesTheDrawingOnSquaredPaper) {
  const GreyImage drawing = seven(kWidth, kHeight, 140, 70, 150, 16);
  GreyImage ink = stronger(drawing, stronger(lines(24, 0.02, 90), lines(24, 0.02, 90, true)));
  EXPECT_TRUE(erase_ruling(ink, 255));
  EXPECT_LT(mean_difference(ink, drawing), 0.8);
}

TEST(EraseRuling, BridgesStrokesWhereTheLinesAreAsDark) {
  const GreyImage drawing = seven(kWidth, kHeight, 140, 80, 150, 16);
  GreyImage ink = stronger(drawing, lines(37, 0.01, 255));
  EXPECT_TRUE(erase_ruling(ink, 255));
  EXPECT_EQ(find_parts(ink, 60).parts.size(), 1U);
}

// The bar of a seven that is cut out, and an equals sign, reach from side to side.
TEST(EraseRuling, LeavesOneOrTwoStrongBars) {
  GreyImage ink = seven(kWidth, kHeight, 140, 70, 150, 3);
  draw_stroke(ink, -5, 40, 405, 40, 3);
  draw_stroke(ink, -5, 70, 405, 70, 3);
  const GreyImage before = ink;
  EXPECT_FALSE(erase_ruling(ink, 255));
  EXPECT_EQ(ink, before);
}

TEST(EraseRuling, LeavesDrawingsAndSmallPages) {
  GreyImage ink = seven(kWidth, kHeight, 10, 20, 250, 30);
  const GreyImage before = ink;
  EXPECT_FALSE(erase_ruling(ink, 255));
  EXPECT_EQ(ink, before);
  GreyImage small(28, 28, 90);
  EXPECT_FALSE(erase_ruling(small, 255));
  GreyImage blank(kWidth, kHeight);
  EXPECT_FALSE(erase_ruling(blank, 0));
}

TEST(PrepareDigit, SeesThroughRuling) {
  const GreyImage drawing = seven(kWidth, kHeight, 140, 70, 150, 16);
  const auto plain = prepare_digit(paint(drawing, 250, 20));
  const auto ruled = prepare_digit(paint(stronger(drawing, lines(37, 0.013, 100)), 250, 20));
  ASSERT_TRUE(plain && ruled);
  EXPECT_NEAR(ruled->box.x, plain->box.x, 1);
  EXPECT_NEAR(ruled->box.y, plain->box.y, 1);
  EXPECT_EQ(ruled->resized.width, plain->resized.width);
  EXPECT_LT(mean_difference(ruled->resized, plain->resized), 6);
  EXPECT_FALSE(prepare_digit(paint(lines(37, 0.013, 100), 250, 20)));  // nothing is written there
}

}  // namespace
}  // namespace tally
