// SPDX-License-Identifier: MIT
#include "tally/image/ink.hpp"

#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "jpeg_fixture.hpp"
#include "page_fixture.hpp"
#include "tally/image/jpeg_decoder.hpp"

namespace tally {
namespace {

struct Found {
  GreyImage map;
  Box box;
};

std::optional<Found> found_drawing(const GreyImage& page) {
  WorkBudget budget("page.png");
  Ink ink = find_drawing(page, budget);
  if (ink.digits.empty()) return std::nullopt;
  EXPECT_EQ(ink.digits.size(), 1U);
  EXPECT_EQ(ink.digits[0].ink, cropped(ink.map, ink.digits[0].box));
  return Found{std::move(ink.map), ink.digits[0].box};
}

constexpr int kWidth = 400;
constexpr int kHeight = 300;

GreyImage ink_of_seven() {
  return seven(kWidth, kHeight, 140, 70, 150, 16);
}
const Box kSevenBox = {132, 62, 107, 167};  // of its strokes, to their faintest edge

void expect_near(const Box& box, const Box& expected, int tolerance) {
  EXPECT_NEAR(box.x, expected.x, tolerance);
  EXPECT_NEAR(box.y, expected.y, tolerance);
  EXPECT_NEAR(box.width, expected.width, 2 * tolerance);
  EXPECT_NEAR(box.height, expected.height, 2 * tolerance);
}

TEST(FindDrawing, IsExactOnEvenPaperOfEitherPolarity) {
  const GreyImage ink = ink_of_seven();
  for (const auto& [paper, pen] : {std::pair{255, 0}, std::pair{0, 255}}) {
    const auto found = found_drawing(paint(ink, paper, pen));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->map, ink);
    EXPECT_EQ(found->box, kSevenBox);
  }
}

TEST(FindDrawing, StretchesFaintInkToFull) {
  const GreyImage ink = ink_of_seven();
  for (const auto& [paper, pen] : {std::pair{245, 205}, std::pair{90, 130}, std::pair{200, 60}}) {
    const auto found = found_drawing(paint(ink, paper, pen));
    ASSERT_TRUE(found);
    EXPECT_LT(mean_difference(found->map, ink), 0.5);
    expect_near(found->box, kSevenBox, 1);
  }
}

TEST(FindDrawing, WorksUnderUnevenLight) {
  const GreyImage ink = ink_of_seven();
  GreyImage page(kWidth, kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double light = 0.55 + 0.45 * x / kWidth * (1 - 0.4 * y / kHeight);
      page.at(x, y) = static_cast<std::uint8_t>(std::lround(light * mixed(240, 50, ink.at(x, y))));
    }
  }
  const auto found = found_drawing(page);
  ASSERT_TRUE(found);
  expect_near(found->box, kSevenBox, 2);
  EXPECT_LT(mean_difference(found->map, ink), 0.2);
}

TEST(FindDrawing, SeesThroughNoiseAndSpecks) {
  GreyImage page = paint(ink_of_seven(), 225, 60);
  add_specks(page, 60, 3, 0, 4);
  add_noise(page, 8, 5);
  const auto found = found_drawing(page);
  ASSERT_TRUE(found);
  expect_near(found->box, kSevenBox, 4);
}

// A shadow of the other side, or of an eraser: wide, weak, touching the stroke, and dust on it.
TEST(FindDrawing, DropsSmudgesThatTouchTheDrawing) {
  const GreyImage ink = ink_of_seven();
  GreyImage smudged = ink;
  for (int y = 20; y < 130; ++y) {
    for (int x = 20; x < 160; ++x) smudged.at(x, y) = std::max(smudged.at(x, y), std::uint8_t{28});
  }
  smudged.at(40, 40) = smudged.at(41, 40) = smudged.at(40, 41) = 255;
  const auto found = found_drawing(paint(smudged, 250, 10));
  ASSERT_TRUE(found);
  expect_near(found->box, kSevenBox, 11);  // a rim of it stays
}

TEST(FindDrawing, FindsASmallDrawingOnALargePage) {
  const auto found = found_drawing(paint(seven(2400, 1800, 2011, 1503, 40, 4), 255, 30));
  ASSERT_TRUE(found);
  expect_near(found->box, {2009, 1501, 29, 45}, 1);
}

TEST(FindDrawing, FindsADrawingThatFillsOrTouchesThePage) {
  const auto filling = found_drawing(paint(seven(100, 160, 12, 12, 135, 24), 250, 20));
  ASSERT_TRUE(filling);
  expect_near(filling->box, {0, 0, 100, 160}, 1);
  const auto touching = found_drawing(paint(seven(kWidth, kHeight, 0, 0, 150, 16), 250, 20));
  ASSERT_TRUE(touching);
  expect_near(touching->box, {0, 0, 99, 159}, 1);
}

// Around its strokes a small drawing is all faint ripples in a JPEG, up to the edges of 8 x 8
// blocks.
TEST(FindDrawing, IgnoresTheRingingOfJpegAroundASmallDrawing) {
  for (const int quality : {75, 90}) {
    const GreyImage page = paint(seven(40, 40, 14, 11, 20, 3), 255, 0);
    JpegFixture fixture = jpeg_of(page);
    fixture.quality = quality;
    const auto found = found_drawing(decode_jpeg(make_jpeg(fixture), "small.jpg"));
    ASSERT_TRUE(found);
    expect_near(found->box, found_drawing(page)->box, 1);
  }
}

TEST(FindDrawing, FindsNoneOnBlankSolidAndShadedPages) {
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{28, 28}, std::pair{500, 300}}) {
    for (const int tone : {0, 77, 255}) {
      EXPECT_FALSE(found_drawing(GreyImage(width, height, static_cast<std::uint8_t>(tone))));
    }
    GreyImage slope(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        slope.at(x, y) = static_cast<std::uint8_t>(80 + 90 * x / width + 60 * y / height);
      }
    }
    EXPECT_FALSE(found_drawing(slope));
  }
}

TEST(FindDrawing, FindsNoneInNoise) {
  for (const int tone : {0, 128, 255}) {
    for (const double deviation : {1, 4, 12, 40}) {
      GreyImage page(300, 200, static_cast<std::uint8_t>(tone));
      add_noise(page, deviation, 6);
      EXPECT_FALSE(found_drawing(page)) << tone << " " << deviation;
    }
  }
  GreyImage specks(300, 200, 255);
  add_specks(specks, 300, 2, 0, 7);
  EXPECT_FALSE(found_drawing(specks));
}

TEST(StretchToFullInk, LeavesFullInkAlone) {
  GreyImage ink(2, 2);
  ink.pixels = {0, 3, 100, 251};
  const GreyImage before = ink;
  stretch_to_full_ink(ink);
  EXPECT_EQ(ink, before);
}

TEST(StretchToFullInk, ScalesToTheStrongestButForOutliers) {
  GreyImage ink(2, 2);
  ink.pixels = {0, 25, 50, 100};
  stretch_to_full_ink(ink);
  EXPECT_EQ(ink.pixels, (std::vector<std::uint8_t>{0, 64, 128, 255}));
  GreyImage dusty(40, 25, 100);
  dusty.pixels[17] = 200;  // one of 1000: dust, not the pen
  stretch_to_full_ink(dusty);
  EXPECT_EQ(dusty.at(0, 0), 255);
  GreyImage blank(3, 3);
  stretch_to_full_ink(blank);
  EXPECT_EQ(blank, GreyImage(3, 3));
}

}  // namespace
}  // namespace tally
