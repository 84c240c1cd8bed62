// SPDX-License-Identifier: MIT
#include <algorithm>

#include <gtest/gtest.h>

#include "jpeg_fixture.hpp"
#include "page_fixture.hpp"
#include "png_fixture.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"

// The six bugs of the pipeline that is copied from one MNIST demo to the next: it shrinks the page
// to 28 x 28, inverts, binarises by Otsu's threshold, strips empty rows and columns, scales the
// longer side to 20, pads and shifts. Each has its fixture here, made so that pipeline fails.
namespace tally {
namespace {

GreyImage digit_of(const GreyImage& page) {
  const auto prepared = prepare_digit(page);
  EXPECT_TRUE(prepared);
  return prepared ? prepared->digit : GreyImage(28, 28);
}

GreyImage plain_seven() {
  return digit_of(paint(seven(300, 300, 80, 60, 160, 16), 255, 0));
}

// (a) The page is shrunk before the digit is cut out: a small one becomes a blob, and a page that
// is not square is squashed.
TEST(CopiedPipeline, ShrinksBeforeItCrops) {
  const GreyImage small = digit_of(paint(seven(2000, 700, 1500, 500, 80, 8), 255, 0));
  EXPECT_LT(mean_difference(small, plain_seven()), 4);
}

// (b) It always inverts, so that white on black is read as a negative.
TEST(CopiedPipeline, AlwaysInverts) {
  EXPECT_EQ(digit_of(paint(seven(300, 300, 80, 60, 160, 16), 0, 255)), plain_seven());
}

// (c) On a blank page it strips rows until it runs off the array.
TEST(CopiedPipeline, CrashesOnABlankPage) {
  EXPECT_FALSE(prepare_digit(GreyImage(300, 300, 255)));
  EXPECT_FALSE(prepare_digit(GreyImage(300, 300, 0)));
}

// (d) It leaves black and white only, while MNIST's strokes have grey edges.
TEST(CopiedPipeline, Binarises) {
  const GreyImage digit = plain_seven();
  const auto grey_count =
      std::ranges::count_if(digit.pixels, [](int ink) { return ink > 25 && ink < 230; });
  EXPECT_GT(grey_count, 15);
}

// (e) A single speck in a corner is taken for a part of the digit.
TEST(CopiedPipeline, CropsToASpeck) {
  GreyImage page = paint(seven(300, 300, 80, 60, 160, 16), 255, 0);
  for (const auto& [x, y] : {std::pair{2, 3}, std::pair{296, 295}}) {
    page.at(x, y) = page.at(x + 1, y) = page.at(x, y + 1) = page.at(x + 1, y + 1) = 0;
  }
  EXPECT_EQ(digit_of(page), plain_seven());
}

// (f) Ink in the alpha channel and the camera's orientation are ignored.
TEST(CopiedPipeline, IgnoresAlpha) {
  const GreyImage ink = seven(300, 300, 80, 60, 160, 16);
  PngFixture fixture;
  fixture.width = ink.width;
  fixture.height = ink.height;
  fixture.color_type = PNG_COLOR_TYPE_RGB_ALPHA;
  for (const std::uint8_t alpha : ink.pixels) {
    fixture.rows.insert(fixture.rows.end(), {0, 0, 0, alpha});
  }
  EXPECT_EQ(digit_of(decode_image(make_png(fixture), "alpha.png")), plain_seven());
}

TEST(CopiedPipeline, IgnoresExifOrientation) {
  const GreyImage page = paint(seven(300, 300, 80, 60, 160, 16), 255, 0);
  GreyImage stored(300, 300);  // the scene turned left by a quarter: orientation 6 turns it right
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 300; ++x) stored.at(y, 299 - x) = page.at(x, y);
  }
  const auto file = with_exif(make_jpeg(jpeg_of(stored)), exif_block(6, false));
  EXPECT_LT(mean_difference(digit_of(decode_image(file, "turned.jpg")), plain_seven()), 2);
}

}  // namespace
}  // namespace tally
