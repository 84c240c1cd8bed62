// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "tally/core/random.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/grey_image.hpp"

// Pages with simple drawings, made in code. Ink is 0 to 255 here; paint() lays it on paper.
namespace tally {

/// Of two images of one size, per pixel.
inline double mean_difference(const GreyImage& a, const GreyImage& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

/// A stroke of a round pen, with edges one pixel soft.
inline void draw_stroke(GreyImage& ink, double x0, double y0, double x1, double y1, double pen) {
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x) {
      const double length = (x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0);
      const double along = length > 0 ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length : 0;
      const double part = std::clamp(along, 0.0, 1.0);
      const double distance = std::hypot(x - (x0 + part * (x1 - x0)), y - (y0 + part * (y1 - y0)));
      const double strength = std::clamp(pen / 2 + 0.5 - distance, 0.0, 1.0);
      ink.at(x, y) = std::max(ink.at(x, y), static_cast<std::uint8_t>(std::lround(255 * strength)));
    }
  }
}

/// A seven whose box of strokes has its top left corner at (x, y), on a page.
inline GreyImage seven(int page_width, int page_height, double x, double y, double height,
                       double pen) {
  GreyImage ink(page_width, page_height);
  draw_stroke(ink, x, y, x + 0.6 * height, y, pen);
  draw_stroke(ink, x + 0.6 * height, y, x + 0.25 * height, y + height, pen);
  return ink;
}

inline std::uint8_t mixed(int paper, int pen, int ink) {
  return static_cast<std::uint8_t>((paper * (255 - ink) + pen * ink + 127) / 255);
}

/// Brightness of a page of one tone with ink of another.
inline GreyImage paint(const GreyImage& ink, int paper, int pen) {
  GreyImage page(ink.width, ink.height);
  for (std::size_t i = 0; i < ink.pixels.size(); ++i) {
    page.pixels[i] = mixed(paper, pen, ink.pixels[i]);
  }
  return page;
}

/// Adds normal noise of that standard deviation (by the sum of twelve uniform numbers).
inline void add_noise(GreyImage& page, double deviation, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::kInitialize);
  for (std::uint8_t& pixel : page.pixels) {
    double normal = -6;
    for (int i = 0; i < 12; ++i) normal += stream.uniform();
    pixel =
        static_cast<std::uint8_t>(std::clamp(std::lround(pixel + deviation * normal), 0L, 255L));
  }
}

/// Fills squares of `side` pixels at random places.
inline void add_specks(GreyImage& page, int count, int side, int tone, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::kInitialize);
  for (int i = 0; i < count; ++i) {
    const auto left = static_cast<int>(stream.below(static_cast<std::uint32_t>(page.width - side)));
    const auto top = static_cast<int>(stream.below(static_cast<std::uint32_t>(page.height - side)));
    for (int y = top; y < top + side; ++y) {
      for (int x = left; x < left + side; ++x) page.at(x, y) = static_cast<std::uint8_t>(tone);
    }
  }
}

/// That `digit` has the form that preparing gives.
inline void expect_prepared(const GreyImage& digit) {
  ASSERT_EQ(digit.box(), (Box{0, 0, kDigitSide, kDigitSide}));
  const Box box = inked_box(digit);
  const int longer_side = std::max(box.width, box.height);
  EXPECT_LE(longer_side, kDigitBoxSide);
  EXPECT_GE(longer_side, kDigitBoxSide - 2);  // what fades far from strokes is dropped
  EXPECT_EQ(centred(cropped(digit, box)), digit);
  EXPECT_GE(*std::ranges::max_element(digit.pixels), 250);
}

}  // namespace tally
