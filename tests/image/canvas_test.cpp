// SPDX-License-Identifier: MIT
#include "tally/image/canvas.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tally {
namespace {

std::ptrdiff_t count_of(const GreyImage& image, std::uint8_t value) {
  return std::ranges::count(image.pixels, value);
}

TEST(Canvas, EnlargesAPictureInTheMiddleOfItsPlace) {
  GreyImage picture(2, 1);
  picture.at(1, 0) = 90;
  Canvas canvas(20, 20);
  EXPECT_EQ(canvas.picture(picture, {4, 4, 12, 12}), (Box{4, 7, 12, 6}));
  EXPECT_EQ(count_of(canvas.image(), 0), 36);
  EXPECT_EQ(count_of(canvas.image(), 90), 36);
  EXPECT_EQ(canvas.image().at(4, 7), 0);
  EXPECT_EQ(canvas.image().at(15, 12), 90);
  EXPECT_EQ(canvas.image().at(16, 12), 255);
}

TEST(Canvas, ShrinksByAreaAndNeverToNothing) {
  GreyImage page(400, 400, 200);
  for (int y = 0; y < 400; ++y) page.at(y, y) = 0;  // finer than a pixel of the canvas
  Canvas canvas(10, 10);
  EXPECT_EQ(canvas.picture(page, canvas.image().box()), canvas.image().box());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(canvas.image().at(i, i), 195);
  EXPECT_EQ(canvas.picture(GreyImage(1000, 1), canvas.image().box()).height, 1);
}

TEST(Canvas, CutsOffWhatDoesNotFit) {
  Canvas canvas(10, 10);
  canvas.picture(GreyImage(4, 4), {8, 8, 4, 4});
  EXPECT_EQ(count_of(canvas.image(), 0), 4);
  canvas.picture(GreyImage(4, 4), {20, 20, 4, 4});
  canvas.fill({-5, -5, 6, 6}, 7);
  EXPECT_EQ(count_of(canvas.image(), 7), 1);
  canvas.frame({-1, -1, 12, 12});
  canvas.text(5, 5, "words", 12);
  EXPECT_EQ(canvas.image().pixels.size(), 100U);
}

TEST(Canvas, FramesABoxOnTheOutside) {
  Canvas canvas(20, 20);
  canvas.fill(canvas.image().box(), 128);
  canvas.frame({5, 5, 8, 8});
  EXPECT_EQ(canvas.image().at(5, 5), 128);
  EXPECT_EQ(canvas.image().at(12, 12), 128);
  EXPECT_EQ(canvas.image().at(4, 8), 0);
  EXPECT_EQ(canvas.image().at(13, 8), 0);
  EXPECT_EQ(canvas.image().at(3, 8), 255);
  EXPECT_EQ(canvas.image().at(14, 8), 255);
  EXPECT_EQ(canvas.image().at(2, 8), 128);
}

TEST(Canvas, WritesWordsOfTheirWidthAndHeight) {
  Canvas canvas(100, 30);
  canvas.text(10, 8, "H47", 12);
  const GreyImage& image = canvas.image();
  EXPECT_GT(count_of(image, 255), 2500);
  EXPECT_LT(count_of(image, 255), 2990);
  const int width = Canvas::text_width("H47", 12);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 100; ++x) {
      const bool is_outside = y < 7 || y > 22 || x < 9 || x > 11 + width;
      if (is_outside) {
        EXPECT_EQ(image.at(x, y), 255) << x << " " << y;
      }
    }
  }
}

TEST(ShortenedWords, FitAndHaveLettersOnly) {
  EXPECT_EQ(shortened("short", 10, 200), "short");
  EXPECT_EQ(shortened("\xC3\xA9\n", 10, 200), "???");
  const std::string cut = shortened("/a/very/long/path/to/some/drawing-of-a-seven.png", 10, 150);
  EXPECT_LE(Canvas::text_width(cut, 10), 150);
  EXPECT_EQ(cut.substr(0, 3), "/a/");
  EXPECT_EQ(cut.substr(cut.size() - 4), ".png");
}

}  // namespace
}  // namespace tally
