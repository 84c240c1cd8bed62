// SPDX-License-Identifier: MIT
#include "tally/image/png_codec.hpp"

#include <gtest/gtest.h>

#include "page_fixture.hpp"
#include "png_fixture.hpp"

namespace tally {
namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels decoded(const PngFixture& fixture) {
  const GreyImage image = decode_png(make_png(fixture), "test.png");
  EXPECT_EQ(image.width, fixture.width);
  EXPECT_EQ(image.height, fixture.height);
  return image.pixels;
}

PngFixture fixture_of(int width, int height, int bit_depth, int color_type, Pixels rows) {
  PngFixture fixture;
  fixture.width = width;
  fixture.height = height;
  fixture.bit_depth = bit_depth;
  fixture.color_type = color_type;
  fixture.rows = std::move(rows);
  return fixture;
}

TEST(DecodePng, ReadsGreyOfOneToSixteenBits) {
  EXPECT_EQ(decoded(fixture_of(3, 2, 1, PNG_COLOR_TYPE_GRAY, {0b10100000, 0b01000000})),
            (Pixels{255, 0, 255, 0, 255, 0}));
  EXPECT_EQ(decoded(fixture_of(4, 1, 2, PNG_COLOR_TYPE_GRAY, {0b00011011})),
            (Pixels{0, 85, 170, 255}));
  EXPECT_EQ(decoded(fixture_of(3, 1, 4, PNG_COLOR_TYPE_GRAY, {0x0F, 0x80})), (Pixels{0, 255, 136}));
  EXPECT_EQ(decoded(fixture_of(2, 2, 8, PNG_COLOR_TYPE_GRAY, {0, 1, 254, 255})),
            (Pixels{0, 1, 254, 255}));
  // 16 bits are scaled and rounded, not cut off: 0x00FF is nearer to 1 of 255 than to 0.
  EXPECT_EQ(
      decoded(fixture_of(3, 1, 16, PNG_COLOR_TYPE_GRAY, {0xFF, 0xFF, 0x00, 0xFF, 0x80, 0x80})),
      (Pixels{255, 1, 128}));
}

TEST(DecodePng, WeighsColoursByBrightness) {
  EXPECT_EQ(decoded(fixture_of(5, 1, 8, PNG_COLOR_TYPE_RGB,
                               {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 9, 9, 9})),
            (Pixels{76, 150, 29, 255, 9}));
  EXPECT_EQ(decoded(fixture_of(1, 1, 16, PNG_COLOR_TYPE_RGB, {0, 0, 0xFF, 0xFF, 0, 0})),
            (Pixels{150}));
}

TEST(DecodePng, LooksUpPalettes) {
  PngFixture fixture = fixture_of(4, 1, 2, PNG_COLOR_TYPE_PALETTE, {0b00011000});
  fixture.palette = {{255, 255, 255}, {0, 0, 0}, {255, 0, 0}};
  EXPECT_EQ(decoded(fixture), (Pixels{255, 0, 76, 255}));
  fixture.palette_alpha = {0};  // white is transparent, what remains is dark ink
  EXPECT_EQ(decoded(fixture), (Pixels{255, 0, 76, 255}));
}

TEST(DecodePng, LaysAlphaOnPaper) {
  EXPECT_EQ(decoded(fixture_of(3, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, {0, 0, 0, 255, 0, 0})),
            (Pixels{255, 0, 255}));
  EXPECT_EQ(decoded(fixture_of(3, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA,
                               {255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 0})),
            (Pixels{0, 255, 0}));
  EXPECT_EQ(
      decoded(fixture_of(2, 1, 16, PNG_COLOR_TYPE_GRAY_ALPHA, {0, 0, 0xFF, 0xFF, 0, 0, 0, 0})),
      (Pixels{0, 255}));
}

TEST(DecodePng, TreatsATransparentToneAsAlpha) {
  PngFixture grey = fixture_of(4, 1, 8, PNG_COLOR_TYPE_GRAY, {0, 200, 200, 200});
  grey.transparent_tone = {png_color_16{.index = 0, .red = 0, .green = 0, .blue = 0, .gray = 200}};
  EXPECT_EQ(decoded(grey), (Pixels{0, 255, 255, 255}));
  PngFixture rgb = fixture_of(3, 1, 8, PNG_COLOR_TYPE_RGB, {255, 255, 255, 1, 2, 3, 1, 2, 3});
  rgb.transparent_tone = {png_color_16{.index = 0, .red = 1, .green = 2, .blue = 3, .gray = 0}};
  EXPECT_EQ(decoded(rgb), (Pixels{255, 0, 0}));
}

TEST(DecodePng, ReadsInterlacedFilesAlike) {
  const GreyImage page = paint(seven(33, 21, 4, 4, 12, 3), 250, 10);
  for (const int color_type : {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB}) {
    Pixels rows;
    for (const std::uint8_t pixel : page.pixels) {
      rows.insert(rows.end(), color_type == PNG_COLOR_TYPE_RGB ? 3 : 1, pixel);
    }
    PngFixture fixture = fixture_of(33, 21, 8, color_type, rows);
    fixture.is_interlaced = true;
    EXPECT_EQ(decoded(fixture), page.pixels);
  }
}

TEST(DecodePng, ReadsASinglePixel) {
  EXPECT_EQ(decoded(fixture_of(1, 1, 8, PNG_COLOR_TYPE_GRAY, {7})), (Pixels{7}));
}

TEST(EncodePng, IsReadBackUnchanged) {
  GreyImage noise(301, 77, 128);
  add_noise(noise, 60, 1);
  for (const GreyImage& image : {noise, GreyImage(1, 1, 9), GreyImage(2000, 1, 255)}) {
    EXPECT_EQ(decode_png(encode_png(image), "test.png"), image);
  }
}

}  // namespace
}  // namespace tally
