// SPDX-License-Identifier: MIT
#include "tally/image/jpeg_decoder.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "jpeg_fixture.hpp"
#include "page_fixture.hpp"
#include "tally/image/orientation.hpp"

namespace tally {
namespace {

const GreyImage& grey_page() {
  static const GreyImage kPage = paint(seven(50, 34, 12, 6, 20, 4), 240, 20);
  return kPage;
}

int largest_difference(const GreyImage& a, const GreyImage& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

constexpr int kLoss = 12;  // of quality 95, near edges

JpegFixture in_colour() {
  JpegFixture fixture = jpeg_of(grey_page());
  fixture.pixels.clear();
  for (const std::uint8_t pixel : grey_page().pixels)
    fixture.pixels.insert(fixture.pixels.end(), 3, pixel);
  fixture.pixel_format = TJPF_RGB;
  fixture.subsampling = TJSAMP_420;
  return fixture;
}

TEST(DecodeJpeg, ReadsGrey) {
  EXPECT_LE(largest_difference(decode_jpeg(make_jpeg(jpeg_of(grey_page())), "a.jpg"), grey_page()),
            kLoss);
}

TEST(DecodeJpeg, ReadsColourOfEverySubsampling) {
  for (const int subsampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411}) {
    JpegFixture fixture = in_colour();
    fixture.subsampling = subsampling;
    EXPECT_LE(largest_difference(decode_jpeg(make_jpeg(fixture), "a.jpg"), grey_page()), kLoss);
  }
}

TEST(DecodeJpeg, ReadsProgressiveFiles) {
  JpegFixture fixture = in_colour();
  fixture.flags |= TJFLAG_PROGRESSIVE;
  EXPECT_LE(largest_difference(decode_jpeg(make_jpeg(fixture), "a.jpg"), grey_page()), kLoss);
}

TEST(DecodeJpeg, TurnsByAllEightExifOrientations) {
  for (int value = 1; value <= 8; ++value) {
    // Stored so that the orientation restores the page: turned back by the inverse orientation,
    // which is the same one but for the two quarter turns.
    const int inverse = value == 6 ? 8 : value == 8 ? 6 : value;
    const GreyImage stored = upright(grey_page(), Orientation{inverse});
    const auto file = with_exif(make_jpeg(jpeg_of(stored)), exif_block(value, value % 2 == 0));
    EXPECT_LE(largest_difference(decode_jpeg(file, "a.jpg"), grey_page()), kLoss) << value;
  }
}

}  // namespace
}  // namespace tally
