// SPDX-License-Identifier: MIT
#include "tally/image/digit_image.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "page_fixture.hpp"

namespace tally {
namespace {

// --- resizing ---

// The naive reference: the mean of the ink over the rectangle that each new pixel covers.
GreyImage resized_by_integration(const GreyImage& ink, int width, int height) {
  GreyImage resized(width, height);
  const double scale_x = static_cast<double>(ink.width) / width;
  const double scale_y = static_cast<double>(ink.height) / height;
  const auto overlap = [](double begin, double end, int pixel) {
    return std::max(0.0, std::min(end, pixel + 1.0) - std::max(begin, static_cast<double>(pixel)));
  };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double sum = 0;
      for (int v = 0; v < ink.height; ++v) {
        for (int u = 0; u < ink.width; ++u) {
          sum += overlap(x * scale_x, (x + 1) * scale_x, u) *
                 overlap(y * scale_y, (y + 1) * scale_y, v) * ink.at(u, v);
        }
      }
      resized.at(x, y) = static_cast<std::uint8_t>(std::lround(sum / (scale_x * scale_y)));
    }
  }
  return resized;
}

TEST(ResizedToDigitBox, AveragesAreasExactly) {
  for (const auto& [width, height] : {std::pair{40, 60}, std::pair{21, 13}, std::pair{57, 23},
                                      std::pair{33, 100}, std::pair{25, 25}, std::pair{7, 90}}) {
    GreyImage ink = seven(width, height, 2, 2, height * 0.8, 4);
    add_noise(ink, 30, 8);
    const GreyImage resized = resized_to_digit_box(ink);
    EXPECT_EQ(std::max(resized.width, resized.height), 20);
    const GreyImage expected = resized_by_integration(ink, resized.width, resized.height);
    for (std::size_t i = 0; i < expected.pixels.size(); ++i) {
      ASSERT_NEAR(resized.pixels[i], expected.pixels[i], 1) << width << "x" << height << " " << i;
    }
  }
}

TEST(ResizedToDigitBox, KeepsProportionsAndAtLeastOnePixel) {
  const auto size = [](int width, int height) {
    const GreyImage resized = resized_to_digit_box(GreyImage(width, height, 255));
    return std::pair{resized.width, resized.height};
  };
  EXPECT_EQ(size(200, 100), (std::pair{20, 10}));
  EXPECT_EQ(size(90, 100), (std::pair{18, 20}));
  EXPECT_EQ(size(3, 1000), (std::pair{1, 20}));
  EXPECT_EQ(size(1000, 3), (std::pair{20, 1}));
  EXPECT_EQ(size(4, 10), (std::pair{8, 20}));
  EXPECT_EQ(size(1, 1), (std::pair{20, 20}));
}

TEST(ResizedToDigitBox, ResamplesNothingThatFits) {
  GreyImage ink(13, 20);
  add_noise(ink, 90, 9);
  EXPECT_EQ(resized_to_digit_box(ink), ink);
}

// --- centring ---

std::pair<double, double> centre_of_mass(const GreyImage& ink) {
  double mass = 0, across = 0, down = 0;
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x) {
      mass += ink.at(x, y);
      across += x * ink.at(x, y);
      down += y * ink.at(x, y);
    }
  }
  return {across / mass, down / mass};
}

TEST(Centred, MovesTheCentreOfMassToPixel14ByWholePixels) {
  RandomStream stream(10, Purpose::kInitialize);
  for (int round = 0; round < 200; ++round) {
    GreyImage ink(8 + static_cast<int>(stream.below(13)), 8 + static_cast<int>(stream.below(13)));
    for (std::uint8_t& pixel : ink.pixels) {
      pixel = stream.below(3) == 0 ? static_cast<std::uint8_t>(stream.below(256)) : 0;
    }
    const GreyImage digit = centred(ink);
    EXPECT_EQ(digit.width, 28);
    EXPECT_EQ(digit.height, 28);
    const auto [across, down] = centre_of_mass(digit);
    EXPECT_EQ(std::floor(across + 0.5), 14);
    EXPECT_EQ(std::floor(down + 0.5), 14);
    const auto [ink_across, ink_down] = centre_of_mass(ink);
    const int left = static_cast<int>(std::lround(across - ink_across));
    const int top = static_cast<int>(std::lround(down - ink_down));
    EXPECT_EQ(cropped(digit, {left, top, ink.width, ink.height}), ink);
  }
}

// In MNIST's test images centres lie between 13.5 and 14.49..., both ends included as here.
TEST(Centred, RoundsHalfUp) {
  GreyImage even(2, 1, 255);  // its centre is 0.5, which rounds to 1
  EXPECT_EQ(centred(even).at(13, 14), 255);
  EXPECT_EQ(centred(even).at(14, 14), 255);
}

TEST(Centred, CutsNothingOff) {
  GreyImage ink(20, 20);
  for (int i = 0; i < 20; ++i) ink.at(0, i) = 255;  // nearly all mass on the left
  ink.at(19, 10) = 90;
  const GreyImage digit = centred(ink);
  EXPECT_EQ(digit.at(27, 14), 90);
  EXPECT_EQ(digit.at(8, 14), 255);
}

// --- all of it ---

TEST(PrepareDigit, KeepsTheColumnsOfAThinOne) {
  for (const double pen : {1.0, 3.0}) {
    GreyImage ink(300, 1000);
    draw_stroke(ink, 150, 100, 150, 900, pen);
    const auto prepared = prepare_digit(paint(ink, 255, 0));
    ASSERT_TRUE(prepared) << pen;
    EXPECT_EQ(prepared->resized.height, 20);
    EXPECT_EQ(prepared->resized.width, 1);
    for (int y = 0; y < 20; ++y) EXPECT_GT(prepared->resized.at(0, y), 200) << pen << " " << y;
  }
}

TEST(PrepareDigit, IsTheSameForEveryPlaceOnThePage) {
  const auto corner = prepare_digit(paint(seven(500, 400, 9, 9, 150, 16), 255, 0));
  ASSERT_TRUE(corner);
  for (const auto& [x, y] : {std::pair{100, 9}, std::pair{390, 230}, std::pair{205, 117}}) {
    const auto elsewhere = prepare_digit(paint(seven(500, 400, x, y, 150, 16), 255, 0));
    ASSERT_TRUE(elsewhere);
    EXPECT_EQ(elsewhere->digit, corner->digit);
  }
}

TEST(PrepareDigit, ChangesNothingTheSecondTime) {
  for (const double height : {9.0, 20.0, 47.0, 200.0}) {
    for (const double pen : {1.0, 2.5, 4.0, 30.0}) {
      if (pen > height / 5) continue;
      const auto first = prepare_digit(paint(seven(300, 300, 60, 40, height, pen), 250, 30));
      ASSERT_TRUE(first) << height << " " << pen;
      const auto second = prepare_digit(first->digit);
      ASSERT_TRUE(second);
      EXPECT_EQ(second->digit, first->digit) << height << " " << pen;
    }
  }
}

TEST(PrepareDigit, AnswersNothingForPagesWithoutInkOrEdges) {
  EXPECT_FALSE(prepare_digit(GreyImage(28, 28)));
  EXPECT_FALSE(prepare_digit(GreyImage(1, 1, 255)));
  GreyImage glow(300, 300);  // a soft spot of light: no stroke
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 300; ++x) {
      const double distance = std::hypot(x - 150, y - 150) / 60;
      glow.at(x, y) =
          static_cast<std::uint8_t>(std::lround(60 + 150 * std::exp(-distance * distance)));
    }
  }
  EXPECT_FALSE(prepare_digit(glow));
}

TEST(Stages, ShowEveryStepInOrder) {
  const GreyImage page = paint(seven(400, 300, 140, 70, 150, 16), 255, 0);
  const PreparedPage prepared = prepare_page(page, Digits::kOne);
  ASSERT_EQ(prepared.digits.size(), 1U);
  const auto of_page = page_stages(page, prepared);
  EXPECT_EQ(of_page[0].name, "1-page");
  EXPECT_EQ(*of_page[0].image, page);
  EXPECT_EQ(of_page[1].name, "2-ink");
  EXPECT_EQ(of_page[1].image->width, 400);
  const PreparedDigit& digit = prepared.digits[0];
  const auto of_digit = digit_stages(digit);
  EXPECT_EQ(of_digit[0].name, "3-cropped");
  EXPECT_EQ(*of_digit[0].image, cropped(prepared.ink, digit.box));
  EXPECT_EQ(of_digit[1].name, "4-resized");
  EXPECT_EQ(of_digit[1].image->height, 20);
  EXPECT_EQ(of_digit[2].name, "5-digit");
  EXPECT_EQ(*of_digit[2].image, centred(digit.resized));
}

}  // namespace
}  // namespace tally
